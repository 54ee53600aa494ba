#!/bin/bash
set -e
R=$1; C=$2
cat >> "$C" <<'X'
<LocationMatch "^/403\.shtml$">
    Require all granted
</LocationMatch>
X
