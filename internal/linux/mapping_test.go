package linux

import "testing"

// TestMappings: ranges, hints and flags of mappings are refused as natively, a call on several mappings comes as far, and
// memory ends where it does.
func TestMappings(t *testing.T) { sameAsNative(t, "mapping.c") }
