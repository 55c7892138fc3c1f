package linux

import "testing"

// TestControl: descriptors of a message that cannot be written to its buffer are nobody's, as natively.
func TestControl(t *testing.T) { sameAsNative(t, "control.c") }
