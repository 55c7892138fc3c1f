package walk

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/scenario"
)

// While no hit is under way, the instances that are out are the levels of the call chain
// that return to the trampoline, and each return address of an instance lies behind a
// call of the probed function or is the trampoline.
func TestInstancesAreTheCallsThatReturnToTheTrampoline(t *testing.T) {
	for _, c := range []struct{ name, engine string }{{"kretprobe", "modern"}, {"kretprobe", "2005"}, {"kretprobe-maxactive", "modern"}, {"kretprobe-recursion", "modern"}} {
		t.Run(c.name+" "+c.engine, func(t *testing.T) {
			f, err := scenario.Load(c.name)
			require.NoError(t, err)
			w, err := Open(t.Context(), f, Options{Options: scenario.Options{Engine: c.engine}})
			require.NoError(t, err)
			defer w.Close()
			deepest := 0
			for {
				n, err := w.Forward(t.Context(), 1)
				require.NoError(t, err)
				if n == 0 {
					break
				}
				out := 0
				for _, x := range w.world.awaited() {
					out += len(x.To)
					require.LessOrEqual(t, len(x.To), x.Most)
				}
				deepest = max(deepest, out)
				if w.names.Image.InKernelText(w.Run.Machine.CPUs[0].LinearPC()) || w.trail.phase[0] != Away || len(w.trail.frames[0]) > 0 {
					continue
				}
				returns := 0
				for _, x := range w.unwind(0) {
					if x.Return {
						returns++
					}
				}
				require.Equal(t, returns, out, "step %d", w.At())
			}
			require.Positive(t, deepest)
			require.Zero(t, len(slices.Concat(w.world.awaited()[0].To)), "all have returned")
		})
	}
}
