#!/bin/bash
set -e
R=$1; C=$2
sed -i "s/^        Allow from All/        Require all granted/; /Order Allow,Deny/d" "$C"
