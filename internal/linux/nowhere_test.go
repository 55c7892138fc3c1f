package linux

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestNonCanonical: branches to an address that is none fault where they
// stand; a return from a signal to it is the kernel's, whose fault the program
// sees at the target, with its own flags.
func TestNonCanonical(t *testing.T) {
	prog := compile(t, "nowhere.c", "gcc")
	want := runNative(t, "", nil, []string{prog})
	got := runProgram(t, Config{}, []string{prog})
	assert.Equal(t, want.stdout, got.stdout)
	assert.Contains(t, got.stdout, "sigreturn: at the target, signal 11 code 0x80 vector 13 error 0 rsp +32 RF 0")
	assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
}
