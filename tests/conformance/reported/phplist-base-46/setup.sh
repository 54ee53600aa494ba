#!/bin/bash
set -e
cd "$1"
mkdir -p base-dist/web; echo ok > base-dist/web/index.html; echo "Require all denied" > base-dist/.htaccess
