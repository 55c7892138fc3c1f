package linux

import "testing"

// TestCallsAsNatively: programs that print each call with its result and error.
func TestCallsAsNatively(t *testing.T) {
	for _, source := range []string{"signalfd.c", "memfd.c", "vm.c", "clone3.c", "nested.c", "mqueue.c", "clocks.c", "listen.c"} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			nativeAndInside(t, source, "-w")
		})
	}
}
