#!/bin/bash
set -e
R=$1; C=$2
sed -i 's/\[P,L\]/[P,L,UnsafeAllow3F]/' "$C"
