#!/bin/bash
set -e
cd "$1"
mkdir -p shop/img; echo j > shop/img/logo.jpg; echo w > shop/img/logo.jpg.webp; echo p > shop/img/index.php; echo home > shop/index.html
cat > shop/img/.htaccess <<'X'
<IfModule !mod_authz_core.c>
    order allow,deny
    deny from all
    <Files ~ "(?i)^.*\.(jpg|jpeg|gif|png|bmp|tiff|svg|pdf|mov|mp4|ogg|avi|flv|css|js)$">
        order deny,allow
        allow from all
    </Files>
</IfModule>
<IfModule mod_authz_core.c>
    Require all denied
    <Files ~ "(?i)^.*\.(jpg|jpeg|gif|png|bmp|tiff|svg|pdf|mov|mp4|ogg|avi|flv|css|js)$">
        Require all granted
    </Files>
</IfModule>
X
