#!/bin/bash
set -e
cd "$1"
mkdir -p home/user/web/site/public_html; echo ok > home/user/web/site/public_html/index.php; echo ok > home/user/web/site/public_html/index.html; chmod 710 home/user/web
