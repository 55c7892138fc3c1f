package testkit

import (
	"os"
	"strings"
	"testing"
)

// vendorAMD is the vendor_id of the processors that the machine's own is one of.
const vendorAMD = "AuthenticAMD"

// ProcessorIsOther reports whether the processor that runs the tests is known not to be AMD's: where
// vendors differ the machine is AMD's (docs/silicon.md, "Other processors").
func ProcessorIsOther() bool {
	b, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(b)) {
		if name, vendor, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "vendor_id" {
			return strings.TrimSpace(vendor) != vendorAMD
		}
	}
	return false
}

// NeedsAMD skips a test whose every program meets what another vendor's processor does otherwise.
func NeedsAMD(t testing.TB, what string) {
	t.Helper()
	if ProcessorIsOther() {
		t.Skipf("this processor is no judge of %s: it is not AMD's, and the machine's is", what)
	}
}
