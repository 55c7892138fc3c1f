package scenario_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/scenario"
)

// skipped is a probed load from nowhere, whose pre handler goes on behind it.
const skipped = `Skipped.
-- machine --
arch i386
engine ENGINE
-- text.S --
main:	movl $7, %eax
	xorl %ecx, %ecx
target:	movl (%ecx), %eax
	ret
-- tasks --
cpu 0 at main
-- probes --
p at target
	pre HANDLER
`

// TestSkipGoesOnBehindTheInstruction: a pre handler that returns 1 has set the
// instruction pointer itself. Without skip that is still the fault's.
func TestSkipGoesOnBehindTheInstruction(t *testing.T) {
	for _, engine := range []string{"2005", "modern"} {
		for handler, held := range map[string]bool{"skip; return 1": true, "return 0": false} {
			text := strings.NewReplacer("HANDLER", handler, "ENGINE", engine).Replace(skipped)
			r := open(t, parse(t, text), scenario.Options{})
			require.NoError(t, r.Finish(t.Context(), nil))
			eax, err := r.Eval(0, "%eax")
			require.NoError(t, err)
			require.Equal(t, held, eax == 7 && r.Done() == "cpu0: task finished", "%s %s: %#x, %s", engine, handler, eax, r.Done())
		}
	}
}
