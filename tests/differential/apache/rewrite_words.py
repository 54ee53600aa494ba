"""What random rules, conditions and requests are made of; `{slash}` is what a server's patterns begin with."""

from __future__ import annotations

#: A subject, and what it is compared with.
CONDITIONS = """
%{REQUEST_FILENAME}             -f !-f -d !-d -s -x -l !-l -h -L -F !-F -U \\.php$
%{DOCUMENT_ROOT}/$1             -f !-f -d -F -s
%{REQUEST_URI}                  -U !-U ^/a/ !^/a/ \\.(png|txt)$ (.*)e(.*) =/page.html !=/page.html <z
%{HTTP_HOST}                    ^localhost ^localhost$:NC !^www\\. (.+)\\.test:NC =s0.test =S0.TEST:NC ^$
%{HTTP_REFERER}                 !^$ ^$ !^http://(www\\.)?localhost/:NC evil . <http://m >=a
%{QUERY_STRING}                 ^$ !^$ (^|&)x=([^&]*) id=(\\d+) ="" =x=1 % block:NV
%{THE_REQUEST}                  \\s/+a "^GET /" \\? %20 \\.php[\\s?]
%{REQUEST_METHOD}               ^(GET|HEAD)$ !^(GET|HEAD)$ =POST POST ^HEAD
%{HTTP_COOKIE}                  session=([a-z]+) !session =a ^$
%{HTTP:X-Test}                  ^1 !=1 -gt5 -eq3 -lt10 -le3 -ge7 -ne3 <5 >a !>a <=10
%{ENV:FLAG}                     ^$ 1 =on !on
%{ENV:REDIRECT_STATUS}          ^$ 200 !200 404
%{ENV:REDIRECT_FLAG}            ^$ on
%{ENV:SCRIPT_URL}               ^/a ^$
%{LA-U:REQUEST_FILENAME}        -f !-f page -d
%{LA-F:REQUEST_FILENAME}        -f page ^/
%{LA-U:SCRIPT_FILENAME}         html
%{IS_SUBREQ}                    =true false
%{REMOTE_ADDR}                  ^127\\.0\\.0\\.1$ !^127\\.0\\.0\\.2 =127.0.0.2
%{PATH_INFO}                    ^$ !^$ info
%{HTTPS}                        off =on !=on
%{SERVER_PORT}                  ^80$ 8081 -gt1000
%{SERVER_NAME}                  ^localhost$ s0
%{SERVER_PROTOCOL}              HTTP INCLUDED
%{CONTEXT_PREFIX}               ^$ al
%{CONTEXT_DOCUMENT_ROOT}        html outside
%{SCRIPT_USER}                  root unknown
%{REQUEST_SCHEME}://%{HTTP_HOST}%{REQUEST_URI}  ^http://localhost/ ^(http)://([^/]+)(.*)$
$1                              ^$ a !page =a/b (.)(.)
%1                              ^$ a !=s0
$1:%1                           ^(.+):\\1$ :$
${names:$1|none}                none !none (.*) =page.html
${lower:%{HTTP_HOST}}           s1 LOCAL
%{REQUEST_FILENAME}x            -f -d
/page.html                      -F -U -f
%{DOCUMENT_ROOT}/closed/secret.txt  -F !-F -f
/closed/secret.txt              -U !-U
expr  "%{HTTP_HOST} =~ /(.+)[.]test/" "! %{REQUEST_URI} =~ m#(p)(a)#" "-f %{REQUEST_FILENAME}" !false
expr  "%{REQUEST_METHOD} in {'GET', 'POST'}" "%{QUERY_STRING} == 'x=1'"
"""

PATTERNS = """
.* ^ ^(.*)$ ^{slash}(.*)$ ^{slash}(.+)$ ^{slash}a/(.*)$ ^{slash}a(/.*)?$ \\.php$ ^{slash}(.*)\\.html$ ^{slash}page
page.html$ !page !^/?a \\.(png|txt)$ ^{slash}$ ^{slash}([^/]+)/(.*)$ ^{slash}none/(.*) (.)$
^/?(a|link|al)/ x ^{slash}al/(.*)
^{slash}(.*)b(.*)$ !^{slash}(x|a)
"""

PATHS = """
x.php page.html a/page.html a/ a none.html a/b/page.html real/file.txt index.html img.png closed/secret.txt
link/file.txt what?.html secret.html
"""

#: What may stand behind a path.
QUERIES = "?x=1 ?q=$1 ?t=%1 ? ?%{QUERY_STRING}"

REFERENCES = """
$1 $1.html a/$1 $1?q=$1 $2/$1 a/b/$1 x$1 $1/info $1/ b$1 %1 %2$1 $0 index.html?r=$1 x.php/$1 ${names:$1|page.html}
${names:$1} ${one:$1|a/} $1\\?x ${escape:$1} ${plain:$1} ${lower:$1} a/%{HTTP:X-Test} $1?%{QUERY_STRING}
"""

URLS = """
http://localhost/$1 http://localhost:8081/page.html http://s0.test:{port}/$1 https://x.test/$1 http://%{HTTP_HOST}/a/$1
https://%{HTTP_HOST}%{REQUEST_URI} http://localhost ftp://x/$1?y mailto:x@y http://localhost:{port}/$1
"""

ODD = '//page.html //$1 /../page.html a//page.html "page.html?a b" ~root/$1 /~nobody/x /~root'

ANSWERS = "F F F G R=403 R=404 R=451 R=200 forbidden"

FLAGS = """
NC NE B BNP BCTLS B=? BNE=/ PT PT QSA QSA QSD QSL NS END END R R=301 R=permanent R=303 S=1 S=2 C C E=FLAG:on E=FLAG:$1
E=!FLAG E=FLAG DPI UnsafeAllow3F UnsafePrefixStat H=cgi-script H=default-handler T=text/plain P CO=a:b:localhost N=5 UNC
last N
"""

OPTIONS = """
Inherit InheritBefore InheritDown InheritDownBefore IgnoreInherit AllowNoSlash MergeBase IgnoreContextInfo
LegacyPrefixDocRoot UnsafePrefixStat AllowAnyURI
"""

REDIRECTS = """
Redirect {path} {to}
Redirect 301 {path} {to}
Redirect 403 {path}
Redirect gone {path}
Redirect 404 {path}
Redirect seeother {path} {to}
RedirectMatch ^{path}(.*) {to}$1
RedirectMatch 403 {path}
RedirectMatch 410 ^{path}$
RedirectPermanent {path} {to}
RedirectTemp {path} {to}
"""

TARGETS = """
empty.html linked.html dangling.html link link/ al/page.html al/in/x.php al al/ a/b/two%20words.html what%3f.html none/x
a/b a/b/ none/page page a/b/none/x.php
"""

ENDS = "/info / %20b %3fx %25 %0a %2e %c3%a9 x%26y %3f /info%3fx %2fx %7f +"
ASKED = "?x=1 ? ?id=12&x=a ?block ?a%20b ?x=%3f&y ?x?y ?&"
HOSTS = "localhost localhost s0.test www.s0.test S1.TEST evil.test localhost:8081 s1.test:80"
METHODS = "GET GET GET GET GET HEAD POST PUT OPTIONS FOO"
