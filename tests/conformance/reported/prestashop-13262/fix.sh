#!/bin/bash
set -e
R=$1; C=$2
sed -i "s/jpg|jpeg/jpg|webp|jpeg/" "$R/shop/img/.htaccess"
