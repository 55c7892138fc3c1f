package linux

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Memory that is filled costs about the same in many mappings as in few, and is zeroed when its frames come again. The factor leaves room
// for a busy machine: frames in the order in which they were asked for made it twelve.
func TestMemoryInManyMappings(t *testing.T) {
	prog := compile(t, "manymaps.c", "gcc")
	took := func(n, mb string) time.Duration {
		start := time.Now()
		o := runProgram(t, Config{Limits: Limits{Memory: 700 << 20}}, []string{prog, n, mb})
		require.Equal(t, NoBound, o.res.Bound)
		require.Zero(t, o.res.ExitStatus())
		return time.Since(start)
	}
	const factor = 4
	one, many := took("4", "64"), took("256", "1")
	t.Logf("256 MB in mappings of 64 MB: %v, of 1 MB: %v", one, many)
	require.Less(t, many, factor*one)
}
