#!/bin/bash
set -e
cd "$1"
mkdir w; echo ok > w/index.php; echo s > w/style.css
cat > w/.htaccess <<'X'
RewriteEngine On
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule ^(.*)$ index.php?q=$1 [QSA,L]
X
