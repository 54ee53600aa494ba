#!/bin/bash
set -e
R=$1; C=$2
cat >> "$C" <<X
<Directory "$R/srv">
    Options FollowSymLinks
</Directory>
X
