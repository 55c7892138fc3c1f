package linux

import "testing"

// TestNothingIsAnsweredForNothing: flags, advice and arguments that a kernel acts on or
// refuses are acted on or refused as natively.
func TestNothingIsAnsweredForNothing(t *testing.T) { sameAsNative(t, "refused.c") }
