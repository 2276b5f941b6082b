-- Functions of Athena (Trino) that DuckDB lacks, or means otherwise. A query that calls NAME gets
-- trino_NAME of these where there is one (dialect.py); the rest are called by its rules.
-- What must fail also inside TRY is a cast of the reason, which begins with ~, to a number.

-- Numbers. "/" of integers is an integer (SET integer_division); of decimals, a decimal of the larger scale.
CREATE MACRO decimals_of(a) AS coalesce(nullif(regexp_extract(typeof(a), ',(\d+)', 1), '')::INTEGER, 0);
CREATE MACRO exact(a, b) AS contains(typeof(a) || typeof(b), 'DECIMAL') AND NOT contains(typeof(a) || typeof(b), 'DOUBLE') AND NOT contains(typeof(a) || typeof(b), 'FLOAT');
-- A double divided by zero is no error, but infinite, which is shown as NULL.
CREATE MACRO nonzero(a, b) AS CASE WHEN (contains(typeof(a), 'DOUBLE') OR contains(typeof(b), 'DOUBLE')) AND b = 0 THEN NULL ELSE b END;
CREATE MACRO divided(a, b) AS round(a / nonzero(a, b), CASE WHEN exact(a, b) THEN greatest(decimals_of(a), decimals_of(b)) ELSE 308 END);
CREATE MACRO whole(x) AS CASE typeof(x) WHEN 'DOUBLE' THEN round(TRY_CAST(x AS DOUBLE))::VARCHAR WHEN 'BOOLEAN' THEN replace(replace(x::VARCHAR, 'true', '1'), 'false', '0') WHEN 'JSON' THEN json_extract_string(x::VARCHAR, '$') WHEN 'VARCHAR' THEN CASE WHEN regexp_full_match(x::VARCHAR, '[+-]?\d+') THEN x::VARCHAR WHEN x IS NOT NULL THEN '~cannot cast ''' || x::VARCHAR || ''' to a whole number' END ELSE x::VARCHAR END;
CREATE MACRO trino_from_base(s, b) AS CASE b WHEN 16 THEN ('0x' || s)::BIGINT WHEN 2 THEN ('0b' || s)::BIGINT WHEN 10 THEN s::BIGINT END;
CREATE MACRO trino_to_base(x, b) AS lower(to_base(x, b));
CREATE MACRO trino_bit_count(x, bits) AS bit_count(x::BIGINT) - CASE WHEN x < 0 THEN 64 - bits ELSE 0 END;
CREATE MACRO trino_width_bucket(x, low, high, n) AS CASE WHEN x < low THEN 0 WHEN x >= high THEN n + 1 ELSE floor((x - low)::DOUBLE / (high - low) * n)::BIGINT + 1 END;
CREATE MACRO trino_nan() AS 'nan'::DOUBLE;
CREATE MACRO trino_infinity() AS 'infinity'::DOUBLE;
CREATE MACRO trino_is_nan(x) AS isnan(x);

-- Addresses are numbers of 128 bits in a struct, IPv4 as ::ffff:a.b.c.d, so that they compare as in Trino.
CREATE MACRO four_bytes(s) AS CASE WHEN regexp_full_match(s, '(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}') THEN string_split(s, '.')[1]::UHUGEINT * 16777216 + string_split(s, '.')[2]::UHUGEINT * 65536 + string_split(s, '.')[3]::UHUGEINT * 256 + string_split(s, '.')[4]::UHUGEINT END;
CREATE MACRO groups_of(s) AS list_filter(string_split(s, ':'), lambda g: g <> '');
CREATE MACRO eight_groups(s) AS CASE WHEN contains(s, '::') THEN groups_of(string_split(s, '::')[1]) || list_transform(range(8 - len(groups_of(s))), lambda i: '0') || groups_of(string_split(s, '::')[2]) ELSE groups_of(s) END;
CREATE MACRO sixteen_bytes(s) AS CASE WHEN regexp_full_match(s, '[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){2,8}') AND NOT contains(s, ':::') AND len(string_split(s, '::')) <= 2 AND (CASE WHEN contains(s, '::') THEN len(groups_of(s)) < 8 ELSE len(groups_of(s)) = 8 END) THEN list_reduce(list_transform(eight_groups(s), lambda g: ('0x' || g)::UHUGEINT), lambda a, g: a * 65536 + g) END;
CREATE MACRO address_number(s) AS CASE WHEN contains(s, ':') AND NOT contains(s, '.') THEN sixteen_bytes(s) ELSE 281470681743360::UHUGEINT + four_bytes(regexp_replace(s, '^::(ffff|FFFF):', '')) END;
CREATE MACRO address_or_null(s) AS CASE WHEN address_number(s) IS NOT NULL THEN {'ipaddress': address_number(s)} END;
CREATE MACRO address(s) AS CASE WHEN s IS NOT NULL THEN {'ipaddress': coalesce(address_number(s), CAST('~cannot cast ''' || s || ''' to IPADDRESS' AS UHUGEINT))} END;
CREATE MACRO is_ipv4(n) AS n >> 32 = 65535::UHUGEINT;
CREATE MACRO hex_groups(n) AS array_to_string(list_transform(range(8), lambda i: lower(to_base(((n >> (112 - 16 * i)::UHUGEINT) & 65535::UHUGEINT)::BIGINT, 16))), ':');
CREATE MACRO longest_zeros(h) AS list_transform([list_filter(list_transform(range(7), lambda i: array_to_string(list_transform(range(8 - i), lambda z: '0'), ':')), lambda z: contains(':' || h || ':', ':' || z || ':'))], lambda l: l[1])[1];
CREATE MACRO shortened(h) AS CASE WHEN longest_zeros(h) IS NULL THEN h ELSE regexp_replace(':' || h || ':', ':' || longest_zeros(h) || ':', '::') END;
CREATE MACRO trimmed(t) AS regexp_replace(regexp_replace(t, '^:([^:])', '\1'), '([^:]):$', '\1');
CREATE MACRO address_text(n) AS CASE WHEN is_ipv4(n) THEN array_to_string(list_transform([24, 16, 8, 0], lambda i: ((n >> i::UHUGEINT) & 255::UHUGEINT)::VARCHAR), '.') ELSE trimmed(shortened(hex_groups(n))) END;
CREATE MACRO prefix_of(c) AS string_split(c, '/')[2]::INTEGER + CASE WHEN contains(c, ':') THEN 0 ELSE 96 END;
CREATE MACRO within(net, bits, ip) AS CASE WHEN bits = 0 THEN true ELSE net >> (128 - bits)::UHUGEINT = ip >> (128 - bits)::UHUGEINT END;
CREATE MACRO is_network(c) AS regexp_full_match(c, '[^/]+/\d{1,3}') AND address_number(string_split(c, '/')[1]) IS NOT NULL AND prefix_of(c) <= 128;
CREATE MACRO network(c) AS CASE WHEN is_network(c) AND (prefix_of(c) = 0 OR (address_number(string_split(c, '/')[1]) >> (128 - prefix_of(c))::UHUGEINT) << (128 - prefix_of(c))::UHUGEINT = address_number(string_split(c, '/')[1])) THEN address_number(string_split(c, '/')[1]) WHEN c IS NOT NULL THEN CAST('~''' || c || ''' is no network' AS UHUGEINT) END;
CREATE MACRO cidr_contains(c, ip) AS CASE WHEN ip IS NOT NULL AND network(c) IS NOT NULL THEN contains(c, ':') <> is_ipv4(ip.ipaddress) AND within(network(c), prefix_of(c), ip.ipaddress) END;

-- Text. Floating-point numbers are written with an exponent always, and by format's %s as Java does it.
CREATE MACRO whole_digits(t) AS string_split(regexp_extract(t, '^-?([0-9.]+)', 1), '.')[1];
CREATE MACRO all_digits(t) AS replace(regexp_extract(t, '^-?([0-9.]+)', 1), '.', '');
CREATE MACRO exponent_of(t) AS coalesce(TRY_CAST(regexp_extract(t, 'e([+-]?\d+)$', 1) AS INTEGER), 0) + length(whole_digits(t)) - 1 - (length(all_digits(t)) - length(ltrim(all_digits(t), '0')));
CREATE MACRO mantissa_of(d) AS left(d, 1) || '.' || CASE WHEN length(d) > 1 THEN substr(d, 2) ELSE '0' END;
CREATE MACRO with_exponent(t) AS CASE t WHEN 'nan' THEN 'NaN' WHEN 'inf' THEN 'Infinity' WHEN '-inf' THEN '-Infinity' WHEN '0.0' THEN '0E0' WHEN '-0.0' THEN '-0E0' ELSE regexp_extract(t, '^-?') || mantissa_of(trim(all_digits(t), '0')) || 'E' || exponent_of(t) END;
CREATE MACRO as_text(x) AS CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN with_exponent(x::VARCHAR) WHEN typeof(x) = 'JSON' THEN json_extract_string(x::VARCHAR, '$') WHEN typeof(x) IN ('TIMESTAMP', 'TIMESTAMP_MS', 'TIMESTAMP_S', 'TIMESTAMP_NS') THEN strftime(TRY_CAST(x::VARCHAR AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g') WHEN typeof(x) = 'TIMESTAMP WITH TIME ZONE' THEN strftime(TRY_CAST(x::VARCHAR AS TIMESTAMPTZ) AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S.%g UTC') WHEN typeof(x) LIKE '%ipaddress%' THEN address_text(TRY_CAST(regexp_extract(x::VARCHAR, '\d+') AS UHUGEINT)) ELSE x::VARCHAR END;
CREATE MACRO as_shown(x) AS CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') AND abs(TRY_CAST(x::VARCHAR AS DOUBLE)) >= 0.001 AND abs(TRY_CAST(x::VARCHAR AS DOUBLE)) < 1e7 OR x::VARCHAR = '0.0' THEN x::VARCHAR ELSE as_text(x) END;
CREATE MACRO trino_strpos(s, d) AS strpos(s, d), (s, d, n) AS CASE WHEN len(string_split(s, d)) > n THEN length(array_to_string(string_split(s, d)[1:n], d)) + 1 ELSE 0 END;
CREATE MACRO part_of(s, i) AS CASE WHEN i = 0 OR i < -length(s) THEN left(s, 0) ELSE substr(s, i) END, (s, i, n) AS CASE WHEN i = 0 OR i < -length(s) THEN left(s, 0) ELSE substr(s, i, n) END;
CREATE MACRO trino_split(s, d) AS string_split(s, d), (s, d, n) AS CASE WHEN len(string_split(s, d)) > n THEN string_split(s, d)[1:n - 1] || [array_to_string(string_split(s, d)[n:], d)] ELSE string_split(s, d) END;
CREATE MACRO trino_split_part(s, d, i) AS string_split(s, d)[CASE WHEN i >= 1 THEN i ELSE CAST('~the index must be greater than zero' AS BIGINT) END];
CREATE MACRO trino_split_to_map(s, e, d) AS map_from_entries(list_transform(string_split(s, e), lambda x: {'k': string_split(x, d)[1], 'v': string_split(x, d)[2]}));
CREATE MACRO trino_hamming_distance(a, b) AS hamming(a, b);
CREATE MACRO trino_normalize(s) AS nfc_normalize(s);
CREATE MACRO trino_codepoint(s) AS unicode(s);

-- Regular expressions
CREATE MACRO trino_regexp_extract(s, r) AS (CASE WHEN regexp_matches(s, r) THEN regexp_extract(s, r) END), (s, r, g) AS (CASE WHEN regexp_matches(s, r) THEN regexp_extract(s, r, g) END);
CREATE MACRO trino_regexp_position(s, r) AS CASE WHEN regexp_matches(s, r) THEN length(regexp_extract(s, '(?s)^(.*?)(?:' || r || ')', 1)) + 1 ELSE -1 END;

-- Dates and times. A date plus days is a date, not a timestamp.
CREATE MACRO still_a_date(t) AS CASE WHEN date_trunc('day', t) = t THEN CAST(t AS DATE) ELSE CAST(to_days(CAST('~cannot add hours, minutes or seconds to a date' AS INTEGER)) + t AS DATE) END;
CREATE MACRO moved_on(a DATE, i INTERVAL) AS still_a_date(a + i), (a TIMESTAMP, i INTERVAL) AS a + i, (a TIMESTAMPTZ, i INTERVAL) AS a + i, (a INTERVAL, i INTERVAL) AS a + i;
CREATE MACRO moved_back(a DATE, i INTERVAL) AS still_a_date(a - i), (a TIMESTAMP, i INTERVAL) AS a - i, (a TIMESTAMPTZ, i INTERVAL) AS a - i, (a INTERVAL, i INTERVAL) AS a - i;
CREATE MACRO truncated(u VARCHAR, a DATE) AS CAST(date_trunc(u, a) AS DATE), (u VARCHAR, a TIMESTAMP) AS date_trunc(u, a), (u VARCHAR, a TIMESTAMPTZ) AS date_trunc(u, a);
-- Text is cast to a timestamp with a space before the hour, not ISO 8601's T, and to a date without an hour.
CREATE MACRO no_time(x, t) AS CAST(CAST('~cannot cast ''' || x || ''' to ' || t || ': from_iso8601_timestamp reads it' AS BIGINT) AS VARCHAR);
CREATE MACRO of_a_day(x VARCHAR) AS CASE WHEN x IS NULL OR regexp_full_match(x, '\s*[+-]?\d+-\d+-\d+\s*') THEN x ELSE no_time(x, 'date') END, (x DATE) AS x, (x TIMESTAMP) AS x, (x TIMESTAMPTZ) AS x;
CREATE MACRO of_a_day_or_null(x VARCHAR) AS CASE WHEN regexp_full_match(x, '\s*[+-]?\d+-\d+-\d+\s*') THEN x END, (x DATE) AS x, (x TIMESTAMP) AS x, (x TIMESTAMPTZ) AS x;
CREATE MACRO of_a_time(x VARCHAR) AS CASE WHEN x IS NULL OR NOT regexp_matches(x, '^\s*\S+-\d+T') THEN x ELSE no_time(x, 'timestamp') END, (x DATE) AS x, (x TIMESTAMP) AS x, (x TIMESTAMPTZ) AS x;
CREATE MACRO of_a_time_or_null(x VARCHAR) AS CASE WHEN NOT regexp_matches(x, '^\s*\S+-\d+T') THEN x END, (x DATE) AS x, (x TIMESTAMP) AS x, (x TIMESTAMPTZ) AS x;
CREATE MACRO trino_to_iso8601(x DATE) AS strftime(x, '%Y-%m-%d'), (x TIMESTAMP) AS strftime(x, '%Y-%m-%dT%H:%M:%S.%g'), (x TIMESTAMPTZ) AS strftime(x AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ');
CREATE MACRO trino_from_iso8601_date(x) AS x::DATE;
CREATE MACRO trino_to_unixtime(x) AS epoch(x);
CREATE MACRO trino_millisecond(x) AS millisecond(x) % 1000;
CREATE MACRO trino_at_timezone(t, z) AS timezone(z, t);
CREATE MACRO trino_current_timezone() AS 'UTC';

-- JSON. Objects and arrays have no scalar; text that is no JSON has none either.
CREATE MACRO trino_json_extract(j, p) AS TRY(json_extract(j, p));
CREATE MACRO trino_json_extract_scalar(j, p) AS CASE WHEN left(TRY(json_extract(j, p))::VARCHAR, 1) IN ('{', '[') THEN NULL ELSE TRY(json_extract_string(j, p)) END;
CREATE MACRO trino_json_size(j, p) AS CASE TRY(json_type(j, p)) WHEN 'OBJECT' THEN len(json_keys(j, p)) WHEN 'ARRAY' THEN json_array_length(j, p) ELSE CASE WHEN TRY(json_type(j, p)) IS NOT NULL THEN 0 END END;
CREATE MACRO trino_json_array_length(j) AS CASE TRY(json_type(j)) WHEN 'ARRAY' THEN json_array_length(j) END;
CREATE MACRO trino_json_array_contains(j, v) AS CASE TRY(json_type(j)) WHEN 'ARRAY' THEN list_contains(from_json(j, '["JSON"]'), to_json(v)) END;
CREATE MACRO trino_json_array_get(j, i) AS TRY(json_extract(j, '$[' || CASE WHEN i < 0 THEN '#' ELSE '' END || i || ']'));
CREATE MACRO trino_json_format(x) AS x::VARCHAR;
CREATE MACRO trino_json_parse(x) AS json(x);
CREATE MACRO trino_is_json_scalar(j) AS json_type(j) NOT IN ('OBJECT', 'ARRAY');

-- Arrays and maps
CREATE MACRO element_of(a, i) AS a[CASE WHEN a IS NULL OR i BETWEEN 1 AND array_length(a) THEN i WHEN i IS NOT NULL THEN CAST('~there is no element ' || i || ' in an array of ' || array_length(a) AS BIGINT) END];
CREATE MACRO value_of(m, k) AS m[CASE WHEN m IS NULL OR map_contains(m, k) THEN k WHEN k IS NOT NULL THEN CAST(CAST('~there is no key ' || k || ' in the map' AS BIGINT) AS VARCHAR) END];
CREATE MACRO trino_contains(a, x) AS CASE WHEN list_contains(a, x) THEN true WHEN len(list_filter(a, lambda e: e IS NULL)) > 0 THEN NULL WHEN a IS NOT NULL AND x IS NOT NULL THEN false END;
CREATE MACRO trino_array_position(a, x) AS CASE WHEN a IS NOT NULL AND x IS NOT NULL THEN coalesce(list_position(a, x), 0) END;
CREATE MACRO trino_array_distinct(a) AS list_filter(a, lambda x, i: coalesce(list_position(a, x), 0) = i);
CREATE MACRO trino_array_union(a, b) AS list_transform([a || b], lambda u: list_filter(u, lambda x, i: list_position(u, x) = i))[1];
CREATE MACRO trino_array_max(a) AS CASE WHEN len(list_filter(a, lambda e: e IS NULL)) = 0 THEN list_max(a) END;
CREATE MACRO trino_array_min(a) AS CASE WHEN len(list_filter(a, lambda e: e IS NULL)) = 0 THEN list_min(a) END;
CREATE MACRO trino_arrays_overlap(a, b) AS list_has_any(a, b);
CREATE MACRO trino_slice(a, s, n) AS a[s:s + n - 1];
CREATE MACRO trino_trim_array(a, n) AS a[1:len(a) - n];
CREATE MACRO trino_repeat(x, n) AS list_transform(range(n), lambda i: x);
CREATE MACRO trino_zip(a, b) AS list_zip(a, b), (a, b, c) AS list_zip(a, b, c);
CREATE MACRO trino_map_entries(m) AS list_transform(map_entries(m), lambda e: row(e.key, e.value));
CREATE MACRO trino_every(x) AS bool_and(x);
CREATE MACRO trino_map_agg(k, v) AS list_transform([list({'k': k, 'v': v})], lambda l: map_from_entries(list_filter(l, lambda e, i: e.k IS NOT NULL AND list_position(list_transform(l, lambda f: f.k), e.k) = i)))[1];
CREATE MACRO trino_multimap_agg(k, v) AS list_transform([list({'k': k, 'v': v})], lambda l: map_from_entries(list_transform(list_filter(list_transform(l, lambda f: f.k), lambda e, i: list_position(list_transform(l, lambda f: f.k), e) = i), lambda key: {'k': key, 'v': list_transform(list_filter(l, lambda e: e.k = key), lambda e: e.v)})))[1];

-- URLs
CREATE MACRO trino_url_extract_protocol(u) AS regexp_extract(u, '^([A-Za-z][A-Za-z0-9+.-]*):', 1);
CREATE MACRO trino_url_extract_host(u) AS regexp_extract(u, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/:?#]*)', 1);
CREATE MACRO trino_url_extract_port(u) AS TRY_CAST(nullif(regexp_extract(u, '^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*:(\d+)', 1), '') AS BIGINT);
CREATE MACRO trino_url_extract_path(u) AS regexp_extract(u, '^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://[^/?#]*)?([^?#]*)', 1);
CREATE MACRO trino_url_extract_query(u) AS regexp_extract(u, '^[^?#]*\?([^#]*)', 1);
CREATE MACRO trino_url_extract_fragment(u) AS regexp_extract(u, '#(.*)$', 1);
CREATE MACRO trino_url_extract_parameter(u, n) AS list_transform(list_filter(string_split(regexp_extract(u, '^[^?#]*\?([^#]*)', 1), '&'), lambda p: string_split(p, '=')[1] = n), lambda p: url_decode(coalesce(string_split(p, '=')[2], '')))[1];
CREATE MACRO trino_url_encode(x) AS replace(url_encode(x), '%20', '+');
CREATE MACRO trino_url_decode(x) AS url_decode(replace(x, '+', ' '));

-- Bytes
CREATE MACRO trino_sha1(x) AS unhex(sha1(x));
CREATE MACRO trino_from_base64url(x) AS from_base64(rpad(translate(x, '-_', '+/'), ((length(x) + 3)::BIGINT // 4 * 4)::INTEGER, '='));
