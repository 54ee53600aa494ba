#!/bin/bash
set -e
R=$1; C=$2
sed -i "s/^ScriptAlias/Alias/; s/index.cgi/index.php/" "$C"
