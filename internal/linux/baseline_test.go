package linux

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

// unequal lists the cases that differ from both recordings, with the reason.
var unequal = map[string]string{
	"64/rip_vmovups": noAVX,
	"64/vpxor":       noAVX,
	"64/vzeroupper":  noAVX,
	"32/vpxor":       noAVX,
	"32/syscall":     "SYSCALL in 32-bit code is undefined on Intel processors; the frame has RF as silicon sets it",
}

const noAVX = "the machine's CPUID shows no AVX: #UD"

// TestBaselines runs every recorded instruction case without a probe:
// registers, flags, memory, and for signals the siginfo and ucontext that the
// handler saw. Recorded under QEMU, which leaves RF out of fault frames, or
// native: one of the two must be equal.
func TestBaselines(t *testing.T) {
	for _, width := range []string{"64", "32"} {
		ar, err := txtar.ParseFile(filepath.Join("testdata", "baseline"+width+".txt"))
		require.NoError(t, err)
		want := map[string][]string{}
		for _, f := range ar.Files {
			head := strings.Fields(f.Name)
			want[head[0]+" "+head[1]] = append(want[head[0]+" "+head[1]], string(f.Data))
		}
		prog, err := filepath.Abs(filepath.Join("testdata", "insn"+width+"o"))
		require.NoError(t, err)
		for id, texts := range want {
			index, name, _ := strings.Cut(id, " ")
			t.Run(width+"/"+name, func(t *testing.T) {
				o := runProgram(t, Config{}, []string{prog, index})
				got := fmt.Sprintf("%sstatus=%s\n", o.stdout, strings.Replace(o.res.String(), "killed by SIG", "signal ", 1))
				if why := unequal[width+"/"+name]; why != "" {
					assert.NotContains(t, texts, got, "equal now: take it off the list")
					return
				}
				if len(texts) == 1 {
					assert.Equal(t, texts[0], got)
				} else {
					assert.Contains(t, texts, got)
				}
			})
		}
	}
}
