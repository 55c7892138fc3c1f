package linux

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"trapline/internal/rigs/testkit"
)

// TestNonCanonical: branches to an address that is none fault where they
// stand; a return from a signal to it is the kernel's, whose fault the program
// sees at the target, with its own flags.
func TestNonCanonical(t *testing.T) {
	prog := compile(t, "nowhere.c", "gcc")
	want := runNative(t, "", nil, []string{prog})
	got := runProgram(t, Config{}, []string{prog})
	shown := got.stdout
	if testkit.ProcessorIsOther() { // Intel's store a call's return address before they look at the target
		stored := regexp.MustCompile(`(?m)^(call.* below) .*$`)
		want.stdout, shown = stored.ReplaceAllString(want.stdout, "$1"), stored.ReplaceAllString(shown, "$1")
	}
	assert.Equal(t, want.stdout, shown)
	assert.Contains(t, got.stdout, "sigreturn: at the target, signal 11 code 0x80 vector 13 error 0 rsp +32 RF 0")
	assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
}
