package asm_test

import "flag"

var update = flag.Bool("update", false, "rewrite the golden listings")
