package linux

import "testing"

// TestPaths: paths that end in a slash and long names are taken or refused as natively, and mapped files have the same names.
func TestPaths(t *testing.T) { sameAsNative(t, "paths.c") }
