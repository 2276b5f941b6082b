-- Functions of Athena (Trino) that DuckDB lacks, or means otherwise. dialect.py puts their names in.
CREATE MACRO trino_divide(a BIGINT, b BIGINT) AS a // b, (a HUGEINT, b HUGEINT) AS a // b, (a DOUBLE, b DOUBLE) AS a / b;
-- A date plus days is a date, not a timestamp.
CREATE MACRO trino_plus(a DATE, i INTERVAL) AS CAST(a + i AS DATE), (a TIMESTAMP, i INTERVAL) AS a + i, (a TIMESTAMPTZ, i INTERVAL) AS a + i, (a INTERVAL, i INTERVAL) AS a + i;
CREATE MACRO trino_minus(a DATE, i INTERVAL) AS CAST(a - i AS DATE), (a TIMESTAMP, i INTERVAL) AS a - i, (a TIMESTAMPTZ, i INTERVAL) AS a - i, (a INTERVAL, i INTERVAL) AS a - i;
CREATE MACRO trino_date_trunc(u VARCHAR, a DATE) AS CAST(date_trunc(u, a) AS DATE), (u VARCHAR, a TIMESTAMP) AS date_trunc(u, a), (u VARCHAR, a TIMESTAMPTZ) AS date_trunc(u, a);
CREATE MACRO trino_array_position(a, x) AS CASE WHEN a IS NOT NULL AND x IS NOT NULL THEN coalesce(list_position(a, x), 0) END;
CREATE MACRO trino_json_extract(j, p) AS TRY(json_extract(j, p));
-- Objects and arrays have no scalar; text that is no JSON has none either.
CREATE MACRO trino_json_extract_scalar(j, p) AS CASE WHEN left(TRY(json_extract(j, p))::VARCHAR, 1) IN ('{', '[') THEN NULL ELSE TRY(json_extract_string(j, p)) END;
CREATE MACRO json_size(j, p) AS CASE json_type(j, p) WHEN 'OBJECT' THEN len(json_keys(j, p)) WHEN 'ARRAY' THEN json_array_length(j, p) WHEN NULL THEN NULL ELSE 0 END;
CREATE MACRO json_array_contains(j, v) AS list_contains(from_json(j, '["JSON"]'), to_json(v));
CREATE MACRO json_format(x) AS x::VARCHAR;
CREATE MACRO trino_regexp_extract(s, r) AS (CASE WHEN regexp_matches(s, r) THEN regexp_extract(s, r) END), (s, r, g) AS (CASE WHEN regexp_matches(s, r) THEN regexp_extract(s, r, g) END);
CREATE MACRO trino_split_part(s, d, i) AS string_split(s, d)[i];
CREATE MACRO trino_slice(a, s, n) AS a[s:s + n - 1];
CREATE MACRO to_iso8601(x DATE) AS strftime(x, '%Y-%m-%d'), (x TIMESTAMP) AS strftime(x, '%Y-%m-%dT%H:%M:%S.%g'), (x TIMESTAMPTZ) AS strftime(x AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ');
CREATE MACRO from_iso8601_date(x) AS x::DATE;
CREATE MACRO to_unixtime(x) AS epoch(x);
CREATE MACRO at_timezone(t, z) AS timezone(z, t);
CREATE MACRO arrays_overlap(a, b) AS list_has_any(a, b);
CREATE MACRO codepoint(s) AS unicode(s);
CREATE MACRO url_extract_host(u) AS nullif(regexp_extract(u, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/:?#]*)', 1), '');
CREATE MACRO trino_ip4(s) AS (CASE WHEN regexp_full_match(s, '(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}') THEN string_split(s, '.')[1]::BIGINT * 16777216 + string_split(s, '.')[2]::BIGINT * 65536 + string_split(s, '.')[3]::BIGINT * 256 + string_split(s, '.')[4]::BIGINT END);
CREATE MACRO trino_ipaddress(s) AS CASE WHEN trino_ip4(s) IS NOT NULL OR regexp_full_match(s, '[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*') THEN s END;
CREATE MACRO cidr_contains(c, ip) AS (trino_ip4(ip) >> (32 - string_split(c, '/')[2]::INT)) = (trino_ip4(string_split(c, '/')[1]) >> (32 - string_split(c, '/')[2]::INT));
