-- Numbers
1 / 3 * 3
7 / 2
-7 / 2
7 / 2.0
1 / 3.0
2 / 3.0
100.0 * 1 / 3
100 * 1e0 / 3
cast(7 as double) / 2
cast(1 as decimal(10, 4)) / 3
7 % 3
-7 % 3
mod(-7, 3)
1 / 0
1e0 / 0
power(2, 10)
sqrt(16)
abs(-3)
round(2.5)
round(-2.5)
round(2.567, 2)
round(1234.5e0, -2)
floor(-1.5)
ceil(1.2)
ceiling(1.2e0)
truncate(12.7)
sign(-4)
greatest(1, 3, 2)
least(1, 3, 2)
greatest(1, NULL)
least('b', NULL)
cast(2.5 as bigint)
cast(2.5e0 as bigint)
cast(3.5e0 as integer)
cast('12' as bigint)
cast(' 12 ' as bigint)
cast('1.5' as bigint)
cast('x' as bigint)
cast(12 as varchar)
cast(1.50 as varchar)
cast(true as varchar)
cast(NULL as bigint)
try_cast('12' as bigint)
try_cast('x' as bigint)
try_cast('1.5' as bigint)
try_cast('1.005' as decimal(10, 2))
try_cast('99999' as decimal(4, 2))
try_cast('1.25e2' as double)
try_cast('' as integer)
try_cast('300' as tinyint)
try(cast('x' as bigint))
try(1 / 0)
bitwise_and(12, 10)
bitwise_or(12, 10)
bitwise_xor(12, 10)
bit_count(7, 64)
from_base('ff', 16)
to_base(255, 16)
width_bucket(5, 0, 10, 5)
1 BETWEEN 0 AND 2
1 IN (1, 2)
1 NOT IN (2, NULL)
NULL IS DISTINCT FROM 1
is_nan(nan())
cast(1e10 as varchar)
cast(1.5e0 as varchar)
cast(0e0 as varchar)
cast(-2e0 as varchar)
cast(123456.789e0 as varchar)
cast(12345678e0 as varchar)
cast(1e-5 as varchar)
cast(0.1e0 + 0.2e0 as varchar)
cast(1e0 / 3 as varchar)
cast(sqrt(16) as varchar)
cast(cast(1.5 as real) as varchar)
cast(' 12 ' as integer)
1_000
1_000_000 + 1
1_000.5
0x1F
0xFF_FF
0o17
0b101
1_0e2
1__0
round(acos(0.5) + asin(0.5) + atan(0.5) + atan2(1, 2), 9)
round(cos(1) + cosh(1) + sin(1) + sinh(1) + tan(1) + tanh(1), 9)
round(degrees(1) + radians(180) + exp(1) + pi(), 9)
pow(2, 3)
round(cbrt(27), 9)
ln(1)
log(2, 8)
log10(100)
log2(8)
-- Text
'a' || 'b'
'a' || NULL
concat('a', 'b', 'c')
concat('a', cast(NULL as varchar))
concat_ws('-', 'a', NULL, 'b')
length('héllo')
upper('abc')
lower('ABC')
trim('  a ')
ltrim('  a ')
rtrim(' a  ')
trim(BOTH 'x' FROM 'xax')
reverse('abc')
replace('aXbX', 'X')
replace('aXbX', 'X', 'y')
lpad('7', 3, '0')
rpad('7', 3, '0')
lpad('12345', 3, '0')
strpos('abcb', 'b')
strpos('abcb', 'b', 2)
strpos('abc', 'z')
position('c' IN 'abc')
substr('abcdef', 2, 3)
substr('abcdef', -3)
substr('abcdef', 0)
substr('abcdef', 9)
substring('abcdef', 2)
substring('abcdef' FROM 2 FOR 2)
starts_with('abc', 'ab')
split('a,b,c', ',')
split('a,b,c', ',', 2)
split('', ',')
split_part('a:b', ':', 2)
split_part('a:b', ':', 5)
split_part('a:b', ':', 0)
split('a/b', '/')[2]
split('a/b', '/')[3]
element_at(split('a/b', '/'), 3)
split_to_map('a=1,b=2', ',', '=')
chr(65)
codepoint('a')
translate('abc', 'ab', 'xy')
levenshtein_distance('kitten', 'sitting')
hamming_distance('abc', 'abd')
normalize('é')
format('%s-%s', 'a', 'b')
format('%s has %d', 'a', 7)
format('%05d', 42)
format('%.2f', 1.234)
'abc' LIKE 'a%'
'abc' LIKE 'A%'
'a_c' LIKE 'a\_c' ESCAPE '\'
'abc' LIKE 'a\_c' ESCAPE '\'
'abc' NOT LIKE '%z%'
NULL LIKE 'a'
'b' > 'a'
'2026-07-23' > '2026-07'
'a' = 'A'
cast('abcdef' as varchar(3))
cast('abc' as char(5)) = 'abc'
coalesce(nullif('', ''), 'a' || 'b')
if(1 > 2, 'a', 'b')
if(1 > 2, 'a')
CASE WHEN NULL THEN 1 ELSE 2 END
CASE 'a' WHEN 'b' THEN 1 END
nullif('a', 'b')
format('%s', 1e7)
format('%s', 2.5e0)
format('%s', 5)
format('%s', 1.50)
format('%s', true)
format('%,d', 1234567)
format('%s%%', 12)
'a' || cast(1e0 as varchar)
U&'\0041'
-- Regular expressions
regexp_like('arn:aws:iam::1:root', ':root$')
regexp_like('abc', 'B')
regexp_like('abc', '(?i)B')
regexp_like('10.1.2.3', '^\d+\.')
regexp_like(NULL, 'a')
regexp_extract('abc', 'z')
regexp_extract('abc', 'b')
regexp_extract('abc', '(b)(c)', 2)
regexp_extract('arn:aws:sts::1:assumed-role/Admin/me', 'assumed-role/([^/]+)', 1)
regexp_extract('"publiclyAccessible":true', '"publiclyAccessible":([^,]+)', 1)
regexp_extract_all('a1b22', '\d+')
regexp_extract_all('a1b22', '([a-z])(\d+)', 2)
regexp_replace('abc', '(b)', '<$1>')
regexp_replace('abcabc', 'b')
regexp_replace('abcabc', 'b', 'x')
regexp_replace('aXbX', '[A-Z]', '-')
regexp_split('a1b22c', '\d+')
regexp_count('a1b22', '\d+')
regexp_position('a1b22', '\d+')
-- Dates and times
cast(date '2026-07-31' - interval '30' day as varchar)
cast(date '2026-07-31' + interval '1' month as varchar)
date '2026-01-31' + interval '1' month
date '2026-07-31' - interval '1' hour
interval '30' day + date '2026-07-01'
timestamp '2026-07-01 10:00:00' - interval '1' hour
timestamp '2026-07-01 10:00:00' + interval '90' minute
timestamp '2026-07-01 10:00:00' + interval '2' day
date '2026-07-02' > date '2026-07-01'
timestamp '2026-07-01 10:00:00' - timestamp '2026-07-01 08:30:00'
date '2026-07-01' = timestamp '2026-07-01 00:00:00'
cast('2026-07-01' as date)
cast('2026-07-01 10:00:00' as timestamp)
cast(timestamp '2026-07-01 10:00:00' as date)
cast(timestamp '2026-07-01 10:00:00.000' as varchar)
cast(date '2026-07-01' as varchar)
cast(date '2026-07-01' as timestamp)
date('2026-07-01')
date('2026-7-1')
date('nonsense')
try(date('nonsense'))
try_cast('nonsense' as date)
to_iso8601(date '2026-07-01')
to_iso8601(timestamp '2026-07-01 10:00:00.000')
to_iso8601(from_iso8601_timestamp('2026-07-01T10:00:00Z'))
to_iso8601(from_unixtime(1500000000))
from_iso8601_timestamp('2026-07-01T10:00:00Z')
from_iso8601_timestamp('2026-07-01T10:00:00+02:00')
from_iso8601_timestamp('2026-07-01')
from_iso8601_date('2026-07-01')
from_iso8601_timestamp('nonsense')
try(from_iso8601_timestamp('nonsense'))
from_unixtime(1500000000)
from_unixtime(1500000000.5e0)
to_unixtime(from_unixtime(1500000000))
to_unixtime(timestamp '2017-07-14 02:40:00')
date_parse('2026-07-01T10:00:00Z', '%Y-%m-%dT%H:%i:%sZ')
date_parse('2026-07-01', '%Y-%m-%d')
date_parse('2026-07-01 10:11', '%Y-%m-%d %H:%i')
date_parse('07/01/2026', '%m/%d/%Y')
date_parse('nonsense', '%Y-%m-%d')
try(date_parse('nonsense', '%Y-%m-%d'))
cast(date_parse('2026-07-01', '%Y-%m-%d') as date)
date_format(timestamp '2026-07-01 10:02:03', '%Y-%m-%d %H:%i:%s')
date_format(timestamp '2026-07-01 15:02:03', '%Y-%m-%d %h:%i %p')
date_format(timestamp '2026-07-01 15:02:03', '%W %a %b %M %e %j %y')
date_format(timestamp '2026-07-01 15:02:03', '%T')
date_format(timestamp '2026-07-01 15:02:03', '%Y/%m/%d/%H')
date_format(date '2026-07-01', '%Y/%m/%d')
date_format(timestamp '2026-07-01 15:02:03.456', '%f')
format_datetime(timestamp '2026-07-01 15:02:03', 'yyyy-MM-dd HH:mm:ss')
format_datetime(timestamp '2026-07-01 15:02:03', 'yyyy/MM/dd')
format_datetime(timestamp '2026-07-01 15:02:03', 'yyyy-MM-dd''T''HH:mm:ss''Z''')
format_datetime(timestamp '2026-07-01 15:02:03', 'EEE d MMM yy hh:mm a')
format_datetime(from_unixtime(1500000000), 'yyyy-MM-dd''T''HH:mm:ssZ')
parse_datetime('2026-07-01-10:11:12', 'yyyy-MM-dd-HH:mm:ss')
parse_datetime('2026-07-01T10:11:12Z', 'yyyy-MM-dd''T''HH:mm:ss''Z')
parse_datetime('2026-07-01T10:11:12Z', 'yyyy-MM-dd''T''HH:mm:ss''Z''')
parse_datetime('2026-07-01', 'yyyy-MM-dd') > parse_datetime('2026-06-30', 'yyyy-MM-dd')
parse_datetime('nonsense', 'yyyy-MM-dd')
date_trunc('day', timestamp '2026-01-02 10:11:12')
date_trunc('hour', timestamp '2026-01-02 10:11:12')
date_trunc('week', date '2026-01-02')
date_trunc('month', date '2026-01-02')
cast(date_trunc('month', date '2026-01-02') as varchar)
date_trunc('minute', from_iso8601_timestamp('2026-07-01T10:00:59Z'))
'2026-01-02' >= cast(date_trunc('day', date '2026-01-02') as varchar)
date_add('day', -1, date '2026-07-01')
date_add('hour', 25, timestamp '2026-07-01 00:00:00')
date_add('month', 1, date '2026-01-31')
cast(date_add('day', -1, date '2026-07-01') as varchar)
date_diff('hour', timestamp '2026-07-01 00:59:00', timestamp '2026-07-01 01:01:00')
date_diff('day', date '2026-07-01', date '2026-07-31')
date_diff('day', timestamp '2026-07-01 23:00:00', timestamp '2026-07-02 01:00:00')
date_diff('month', date '2026-01-31', date '2026-02-28')
date_diff('second', from_unixtime(0), from_unixtime(90))
date_diff('minute', timestamp '2026-07-01 01:01:00', timestamp '2026-07-01 00:00:30')
extract(dow FROM date '2026-11-22')
extract(day_of_week FROM date '2026-11-23')
extract(year FROM date '2026-11-23')
extract(hour FROM timestamp '2026-11-23 17:18:19')
day_of_week(date '2026-11-22')
dow(date '2026-11-22')
day_of_year(date '2026-11-22')
day_of_month(date '2026-11-22')
day(date '2026-11-22')
month(date '2026-11-22')
quarter(date '2026-11-22')
year(date '2026-11-22')
week(date '2026-01-01')
week_of_year(date '2026-01-01')
year_of_week(date '2027-01-01')
hour(timestamp '2026-11-23 17:18:19')
minute(timestamp '2026-11-23 17:18:19')
second(timestamp '2026-11-23 17:18:19')
millisecond(timestamp '2026-11-23 17:18:19.123')
last_day_of_month(date '2026-02-03')
date_format(at_timezone(from_iso8601_timestamp('2026-07-01T10:00:00Z'), 'Europe/Berlin'), '%H:%i')
hour(from_iso8601_timestamp('2026-07-01T10:00:00Z') AT TIME ZONE 'America/New_York')
date_format(from_iso8601_timestamp('2026-07-01T10:00:00Z'), '%Y-%m-%d')
timestamp '2026-07-01 10:00:00 UTC' = from_iso8601_timestamp('2026-07-01T10:00:00Z')
from_iso8601_timestamp('2026-07-01T10:00:00Z') > timestamp '2026-07-01 09:00:00'
current_timezone()
current_date > date '2020-01-01'
now() > timestamp '2020-01-01 00:00:00 UTC'
cast(current_timestamp as date) = current_date
date('2019-01-15')
date(' 2019-1-5 ')
date(timestamp '2019-01-15 10:00:00')
date('2019-01-15T00:45:46Z')
date('2019-01-15 00:45:46')
date '2019-01-15T00:45:46Z'
cast('2019-01-15T00:45:46Z' as date)
try_cast('2019-01-15T00:45:46Z' as date)
cast('2019-01-15T00:45:46Z' as timestamp)
cast('2019-01-15T00:45:46' as timestamp)
try_cast('2019-01-15T00:45:46Z' as timestamp)
cast('2019-01-15T00:45:46Z' as timestamp with time zone)
timestamp '2019-01-15T00:45:46Z'
cast('2019-01-15 00:45:46' as timestamp)
cast('2019-01-15' as timestamp)
cast(NULL as timestamp)
date '2026-07-02' - 1
date '2026-07-02' + 1
now() - 1
extract(epoch FROM timestamp '2026-07-01 00:00:00')
timestamp '2026-07-01 00:00:00' + interval 1 day
timestamp '2026-07-01 00:00:00' + interval '1 day'
timestamp '2026-07-01 00:00:00' + interval '1' days
timestamp '2026-07-01 00:00:00' + interval '1' week
-- JSON
json_extract_scalar('{"a":{"b":"c"}}', '$.a.b')
json_extract_scalar('{"a":{"b":"c"}}', '$.a')
json_extract_scalar('{"a":[1]}', '$.a')
json_extract_scalar('{"a":true}', '$.a')
json_extract_scalar('{"a":null}', '$.a')
json_extract_scalar('{"a":12345678901234567890}', '$.a')
json_extract_scalar('{"a-b":[{"c":1}]}', '$["a-b"][0].c')
json_extract_scalar('{"a":{"b c":1}}', '$.a["b c"]')
json_extract_scalar('{"a.b":1}', '$["a.b"]')
json_extract_scalar('{"a":"{not an object"}', '$.a')
json_extract_scalar('{"a":"x\"y"}', '$.a')
json_extract_scalar('{"a":""}', '$.a')
json_extract_scalar('{"a":[{"b":1},{"b":2}]}', '$.a[1].b')
json_extract_scalar('[1,2]', '$[0]')
json_extract_scalar('"x"', '$')
json_extract_scalar('not json', '$.a')
json_extract_scalar(cast(NULL as varchar), '$.a')
json_extract_scalar('{"A":1}', '$.a')
json_extract_scalar(json_extract('{"a":{"b":"c"}}', '$.a'), '$.b')
json_extract_scalar(json_parse('{"a":"b"}'), '$.a')
json_extract('{"a":"b"}', '$.a') IS NULL
json_extract('{"a":"b"}', '$.z') IS NULL
json_extract('not json', '$.z') IS NULL
json_format(json_extract('{"a":{"b":[1,"x"]}}', '$.a'))
json_format(json_extract('{"a":"b"}', '$.a'))
json_format(json_parse('[1, 2]'))
cast(json_extract('{"a":"b"}', '$.a') as varchar)
cast(json_extract('{"a":5}', '$.a') as varchar)
cast(json_extract('{"a":5}', '$.a') as bigint)
cast(json_extract('{"a":"5"}', '$.a') as bigint)
cast(json_extract('{"a":true}', '$.a') as boolean)
cast(json_extract('{"a":["b","c"]}', '$.a') as array(varchar))
cast(json_extract('{"a":[1,2]}', '$.a') as array(bigint))
cast(json_parse('["a","b"]') as array(varchar))
cast(json_parse('{"a":1,"b":2}') as map(varchar, integer))
cast(json_parse('{"a":1,"b":"x"}') as map(varchar, json)) IS NULL
element_at(cast(json_parse('{"a":"1","b":"x"}') as map(varchar, varchar)), 'b')
cardinality(cast(json_extract('{"items":[{"k":1},{"k":2}]}', '$.items') as array(json)))
json_extract_scalar(cast(json_extract('{"items":[{"k":1},{"k":2}]}', '$.items') as array(json))[2], '$.k')
transform(cast(json_parse('[{"k":1},{"k":2}]') as array(json)), x -> json_extract_scalar(x, '$.k'))
cast(json_parse('{"a":1}') as row(a integer))
json_parse('not json')
try(json_parse('not json'))
json_size('{"a":[1,2,3]}', '$.a')
json_size('{"a":{"x":1,"y":2}}', '$.a')
json_size('{"a":7}', '$.a')
json_size('{"a":7}', '$.z')
json_array_length('[1,2,3]')
json_array_length('{"a":1}')
json_array_length(json_extract('{"a":[1,2]}', '$.a'))
json_array_contains('["x","y"]', 'y')
json_array_contains('["x","y"]', 'z')
json_array_contains('[1,2]', 2)
json_array_contains(json_extract('{"a":["x"]}', '$.a'), 'x')
json_array_get('["a","b"]', 1) IS NULL
is_json_scalar('1')
is_json_scalar('[1]')
json_format(cast(array[1, 2] as json))
json_format(cast(map(array['a'], array[1]) as json))
json_format(cast('x' as json))
json_extract('{"a":"b"}', '$.a') = 'b'
json_extract_scalar('{"a":[1,2]}', '$.a[5]')
json_query('{"a":{"b":1}}', 'lax $.a')
json_value('{"a":"b"}', 'lax $.a')
json_exists('{"a":"b"}', 'lax $.a')
json_extract_scalar('{"a":{"b":1}}', '$..b')
json_extract('{"a":[{"b":1}]}', '$.a[*].b') IS NULL
json_extract_scalar('{"a":[{"b":1}]}', 'a.b')
-- Arrays
array[1, 2][1]
array[1, 2][3]
array[1, 2][0]
try(array[1, 2][3])
cast(NULL as array(integer))[1]
element_at(array['a', 'b'], 2)
element_at(array['a', 'b'], 5)
element_at(array['a', 'b'], -1)
cardinality(array[1, 2, 3])
cardinality(array[])
cardinality(cast(NULL as array(integer)))
contains(array['a', 'b'], 'b')
contains(array['a', 'b'], 'z')
contains(array['a', NULL], 'z')
array_position(array['a', 'b'], 'b')
array_position(array['a'], 'b')
array_position(array['a'], cast(NULL as varchar))
array_join(array['a', 'b'], '-')
array_join(array['a', NULL, 'b'], '-')
array_join(array['a', NULL, 'b'], '-', '?')
array_join(array[1, 2], ',')
array_distinct(array[1, 2, 1])
array_sort(array[3, 1, 2])
array_sort(array[3, NULL, 1])
array_max(array[1, 3, 2])
array_min(array[1, 3, 2])
array_max(array[1, NULL])
array_union(array[1, 2], array[2, 3])
array_intersect(array[1, 2], array[2, 3])
array_except(array[1, 2], array[2, 3])
array_remove(array[1, 2, 1], 1)
array[1, 2] || array[3]
concat(array[1], array[2])
arrays_overlap(array[1, 2], array[2, 3])
arrays_overlap(array[1], array[2])
slice(array[1, 2, 3], 2, 2)
slice(array[1, 2, 3], -2, 2)
slice(array[1, 2, 3], 2, 9)
sequence(1, 5)
sequence(5, 1, -2)
cardinality(sequence(date '2026-07-01', date '2026-07-31', interval '1' day))
repeat('a', 3)
flatten(array[array[1], array[2, 3]])
zip(array[1, 2], array['a', 'b'])
zip_with(array[1, 2], array[3, 4], (x, y) -> x + y)
trim_array(array[1, 2, 3], 1)
any_match(array[1, 2], x -> x > 1)
any_match(array[1, 2], x -> x > 2)
any_match(array[NULL, 1], x -> x > 2)
any_match(cast(NULL as array(integer)), x -> x > 1)
all_match(array[1, 2], x -> x > 0)
all_match(array[1, 2], x -> x > 1)
all_match(array[NULL, 1], x -> x > 0)
none_match(array[1, 2], x -> x > 2)
none_match(array[NULL, 1], x -> x > 2)
transform(array[1, 2], x -> x + 1)
filter(array[1, 2, 3], x -> x > 1)
filter(array['a', NULL], x -> x IS NOT NULL)
reduce(array[1, 2, 3], 0, (s, x) -> s + x, s -> s)
reduce(array[1, 2, 3], 1, (s, x) -> s * x, s -> s * 10)
array[1, 2] = array[1, 2]
array['x', 'y'][2] || 'z'
array_distinct(array[1, 1, null])
-- Maps and rows
map(array['a', 'b'], array[1, 2])
map(array['a', 'b'], array[1, 2])['b']
map(array['a', 'b'], array[1, 2])['z']
element_at(map(array['a', 'b'], array[1, 2]), 'b')
element_at(map(array['a', 'b'], array[1, 2]), 'z')
cardinality(map(array['a', 'b'], array[1, 2]))
map_keys(map(array['a', 'b'], array[1, 2]))
map_values(map(array['a', 'b'], array[1, 2]))
map_concat(map(array['a'], array[1]), map(array['b'], array[2]))
map_filter(map(array['a', 'b'], array[1, 2]), (k, v) -> v > 1)
transform_values(map(array['a', 'b'], array[1, 2]), (k, v) -> v + 1)
transform_keys(map(array['a'], array[1]), (k, v) -> upper(k))
map_from_entries(array[row('a', 1), row('b', 2)])
map_entries(map(array['a'], array[1]))
cast(row('a', 1) as row(x varchar, y integer)).x
cast(row('a', 1) as row(x varchar, y integer))
row(1, 'a') = row(1, 'a')
-- Addresses
cast(cast('10.1.2.3' as ipaddress) as varchar)
cast(cast('2001:DB8::0:1' as ipaddress) as varchar)
cast(cast('::ffff:10.0.0.1' as ipaddress) as varchar)
cast('AWS Internal' as ipaddress)
try_cast('AWS Internal' as ipaddress)
try_cast('s3.amazonaws.com' as ipaddress)
try_cast('1.2.3' as ipaddress)
try_cast('256.1.1.1' as ipaddress)
contains('10.0.0.0/8', cast('10.1.2.3' as ipaddress))
contains('10.0.0.0/8', ipaddress '11.1.2.3')
contains('192.168.0.0/16', ipaddress '192.169.0.1')
contains('10.0.0.0/8', try_cast('AWS Internal' as ipaddress))
contains('0.0.0.0/0', ipaddress '8.8.8.8')
contains('10.0.0.1/32', ipaddress '10.0.0.1')
contains('10.0.0.77/8', ipaddress '10.1.2.3')
contains('2001:db8::/32', ipaddress '2001:db8::1')
contains('2001:db8::/32', ipaddress '2001:db9::1')
contains('fe80::/10', ipaddress 'fe80::1')
contains('10.0.0.0/8', ipaddress '2001:db8::1')
contains('::/0', ipaddress '2001:db8::1')
contains('nonsense', ipaddress '10.0.0.1')
contains('10.0.0.0/33', ipaddress '10.0.0.1')
ipaddress '10.0.0.2' > ipaddress '10.0.0.10'
ipaddress '9.0.0.1' < ipaddress '10.0.0.1'
ipaddress '10.0.0.1' = cast('10.0.0.1' as ipaddress)
ipaddress '172.20.1.1' BETWEEN ipaddress '172.16.0.0' AND ipaddress '172.31.255.255'
ipaddress '2001:db8::1' = ipaddress '2001:DB8:0:0::1'
ipaddress '2001:db8::2' > ipaddress '2001:db8::1'
cast(cast('010.0.0.1' as ipaddress) as varchar)
-- URLs
url_extract_host('https://console.aws.amazon.com:443/x?y')
url_extract_host('nonsense')
url_extract_path('https://a.b/c/d?e=f#g')
url_extract_query('https://a.b/c?e=f&g=h#i')
url_extract_parameter('https://a.b/c?e=f&g=h', 'g')
url_extract_parameter('https://a.b/c?e=f', 'z')
url_extract_port('https://a.b:8443/c')
url_extract_port('https://a.b/c')
url_extract_protocol('https://a.b/c')
url_extract_fragment('https://a.b/c#d')
url_encode('a b&c/d')
url_decode('a%20b%26c')
url_decode('a+b')
-- Bytes
to_hex(to_utf8('abc'))
from_utf8(from_hex('616263'))
to_base64(to_utf8('abc'))
from_utf8(from_base64('YWJj'))
to_hex(sha256(to_utf8('abc')))
lower(to_hex(md5(to_utf8('abc'))))
to_hex(sha1(to_utf8('abc')))
from_utf8(from_base64url('YWJj'))
cast('abc' as varbinary) = to_utf8('abc')
X'616263' = to_utf8('abc')
-- Aggregates
map_agg(k, v)
multimap_agg(k, w)
histogram(w)
count(*)
count(v)
count(DISTINCT w)
count_if(v > 1)
sum(v)
avg(v)
min(k)
max(v)
max_by(k, v)
min_by(k, v)
max_by(k, v, 2)
arbitrary(w)
any_value(w)
bool_and(v > 0)
bool_or(v > 2)
every(v > 0)
array_agg(k ORDER BY k DESC)
array_agg(DISTINCT w ORDER BY w)
array_agg(k ORDER BY v) FILTER (WHERE v > 1)
array_sort(array_agg(DISTINCT w))
listagg(k, ',') WITHIN GROUP (ORDER BY k)
approx_distinct(k)
approx_percentile(v, 0.5)
sum(v) FILTER (WHERE w = 'x')
array_join(array_agg(k ORDER BY k), ',')
cardinality(array_agg(DISTINCT k))
stddev(v)
stddev_pop(v)
variance(v)
geometric_mean(v)
sum(v) / count(*)
100.0 * count(v) / count(*)
round(100.0 * count_if(v > 1) / count(*), 1)
100 * count(v) / count(*)
cast(count(v) as double) / count(*)
listagg(k, ',')
string_agg(k, ',')
group_concat(k)
first(k)
last(k)
list(k)
median(v)
count(DISTINCT k, v)
count(DISTINCT (k, v))
count(k, v)
count(*) FILTER (WHERE 1)
round(stddev_samp(v), 9)
round(var_samp(v) + var_pop(v), 9)
round(covar_pop(v, v) + covar_samp(v, v), 5)
-- Types that do not fit
1 = '1'
'1' = 1
'10' > 9
date '2026-07-01' > '2026-06-30'
timestamp '2026-07-01 00:00:00' > '2026-06-30'
'2026-06-30' < current_date
1 IN ('1', '2')
1 BETWEEN '0' AND '2'
concat('a', 1)
'a' || 1
'1' + 1
length(5)
lower(5)
coalesce('a', 1)
CASE WHEN true THEN 'a' ELSE 1 END
if(true, 'a', 1)
true = 'true'
regexp_like(5, '5')
json_extract_scalar(5, '$.a')
upper(NULL)
substr(12345, 2)
5 LIKE '5'
nullif('1', 1)
array['a', 1]
greatest('a', 1)
NOT 1
true AND 1
1 OR false
if(1, 2, 3)
CASE WHEN 1 THEN 2 END
(SELECT k FROM (VALUES 1) AS t (k) WHERE 1)
(SELECT k FROM (VALUES 1) AS t (k) WHERE k)
(SELECT max(k) FROM (VALUES 1) AS t (k) HAVING 1)
(SELECT t.k FROM (VALUES 1) AS t (k) JOIN (VALUES 1) AS u (k) ON 1)
-- Words of other programs
json '{"a":1}' -> '$.a'
json '{"a":1}' ->> '$.a'
'a' ILIKE 'A'
'a' NOT ILIKE 'A'
'a' RLIKE 'a'
'a' GLOB 'a'
'a' SIMILAR TO 'a'
'a' ~ 'a'
'a' COLLATE nocase
1 == 1
1 <=> 1
2 ^ 3
2 & 3
2 | 3
~3
1 << 3
8 >> 1
7 // 2
7 DIV 2
2 ** 3
{'a': 1}
array[1, 2][1:2]
1 IN array[1]
N'a'
$$a$$
(SELECT 1,)
(SELECT k, FROM (VALUES 1) AS t (k))
(SELECT k AS 'k' FROM (VALUES 1) AS t (k))
(SELECT k FROM (VALUES 1, 2) AS t (k) ORDER BY k LIMIT 1 OFFSET 1)
(SELECT k FROM (VALUES 1, 2) AS t (k) ORDER BY k OFFSET 1 LIMIT 1)
(SELECT k FROM (VALUES 1, 2) AS t (k) ORDER BY k LIMIT 1, 1)
(SELECT k FROM (VALUES 1) AS t (k) LIMIT 1 + 1)
(SELECT k FROM (VALUES 1) AS t (k) LIMIT 50%)
(SELECT k FROM (VALUES 1) AS t (k) USING SAMPLE 1)
(SELECT k FROM (VALUES 1) AS t (k) TABLESAMPLE BERNOULLI (100))
(SELECT t.k FROM (VALUES 1) AS t (k) SEMI JOIN (VALUES 1) AS u (k) ON t.k = u.k)
(SELECT t.k FROM (VALUES 2) AS t (k) ANTI JOIN (VALUES 1) AS u (k) ON t.k = u.k)
(SELECT k FROM (VALUES 1) AS t (k) NATURAL JOIN (VALUES 1) AS u (k))
(SELECT k FROM (VALUES 1) AS t (k) JOIN (VALUES 1) AS u (k) USING (k))
(SELECT count(*) FROM (SELECT 1 AS a UNION ALL BY NAME SELECT 2 AS a))
(SELECT count(*) FROM (VALUES (1, 'a')) AS t (k, n) PIVOT (sum(k) FOR n IN ('a')))
(SELECT count(*) FROM (SELECT * LIKE 'k' FROM (VALUES 1) AS t (k)))
(SELECT k FROM (VALUES 1) AS t (k) QUALIFY row_number() OVER () = 1)
(SELECT TOP 1 k FROM (VALUES 1) AS t (k))
-- Functions of other programs
ifnull(NULL, 1)
nvl(NULL, 1)
len('a')
strftime(timestamp '2026-07-01 00:00:00', '%Y')
strptime('2026', '%Y')
to_timestamp(1)
to_date('2026-07-01')
datediff('day', date '2026-07-01', date '2026-07-02')
epoch(timestamp '2026-07-01 00:00:00')
regexp_matches('a', 'a')
string_split('a,b', ',')
list_contains(array[1], 1)
array_to_string(array['a'], ',')
instr('abc', 'b')
ucase('a')
size(array[1])
get_json_object('{"a":1}', '$.a')
json_extract_string('{"a":1}', '$.a')
struct_pack(a := 1)
columns('k')
md5('a')
sha1('a')
sha256('a')
-- On Athena alone
soundex('robert')
word_stem('running')
regexp_replace('fun games', '(?<first>\w+) (\w+)', '${first}')
human_readable_seconds(3661)
parse_duration('1.5h') > parse_duration('80m')
array_sort(array[3, 1, 2], (a, b) -> if(a < b, 1, if(a = b, 0, -1)))
array[1, 2] || 3
cast(sequence(date '2026-07-01', date '2026-07-03')[2] as varchar)
reverse(array[1, 2, 3])
shuffle(array[1])
combinations(array[1, 2, 3], 2)
length(to_utf8('é'))
to_hex(sha512(to_utf8('abc')))
crc32(to_utf8('abc'))
checksum('a') IS NULL
numeric_histogram(2, 1) IS NULL
regexp_like('fooBar', 'foo(?!x)')
from_iso8601_date('2026-W27-3')
typeof('a')
current_catalog
json_object('a' : 1)
bitwise_left_shift(1, 3)
format_number(123456)
timestamp '2026-07-01 00:00:00' + interval -'1' day
-- Answered otherwise
date '2026-07-02' - date '2026-07-01'
json_extract_scalar('{"a":1.50}', '$.a')
1e0 / 0 > 1
cast(timestamp '2026-07-01 10:00:00' as varchar)
cast(1e23 as varchar)
upper('ß')
json_extract_scalar('{"a":1e10}', '$.a')
json_format(json_parse('{"b":1,"a":2}'))
length(cast('ab' as char(5)))
contains('::/0', cast('1.2.3.4' as ipaddress))
cast(array[1, 2] as varchar)
current_schema
