package traceuprobe

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/insn"
	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// The functions that the sessions probe, in testdata/bin/beh: file offsets.
const firstFunction, endOfFunctions = 0x1705, 0x1918

// A probe at every instruction changes nothing that these programs do (U6-U9).
func TestEveryInstructionProbed(t *testing.T) {
	root := guestRoot(t, "beh")
	code, err := os.ReadFile("../testdata/bin/beh")
	require.NoError(t, err)
	for _, args := range [][]string{{"fib", "7"}, {"nest"}, {"longjmp"}, {"tail", "10"}, {"str", "words"}, {"pt"}, {"deep", "9"}, {"threads"}, {"fork"}, {"signal"}} {
		t.Run(args[0], func(t *testing.T) {
			args = append([]string{"/t/beh"}, args...)
			plain := newRig(t, root, x86.AMD64)
			plain.load(t, args...)
			want := plain.run(t)

			r := newRig(t, root, x86.AMD64)
			for at := firstFunction; at < endOfFunctions; {
				line := fmt.Sprintf("p:b/at%x /t/beh:%#x\n", at, at)
				require.NoError(t, r.session.Registry().Write(tracefs.UprobeEvents, []byte(line)))
				in, err := insn.Decode(code[at:], insn.Mode64)
				require.NoError(t, err, "%#x", at)
				at += in.Len
			}
			r.load(t, args...)
			require.NoError(t, r.session.Registry().SetGroup("b", true))
			require.Equal(t, want, r.run(t))
			require.Greater(t, len(r.session.Entries()), 10)
		})
	}
}
