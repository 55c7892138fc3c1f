package interp_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/interp"
	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/silicon/native"
	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// recorded is how many instructions a mode's file of results holds.
const recorded = 3000

// TestRecorded compares results with those of an AMD EPYC (family 25), kept as a digest an instruction: it runs
// where no processor can be asked. TestSilicon, with the same instructions first, shows what differs.
func TestRecorded(t *testing.T) {
	for mode, m := range siliconModes {
		name, _, _ := strings.Cut(mode.String(), " ")
		t.Run(name, func(t *testing.T) {
			name := filepath.Join("testdata", name+".digests")
			s := newSource(3, mode)
			if testkit.Updating() {
				p, err := native.Open(m)
				require.NoError(t, err)
				defer p.Close()
				var b strings.Builder
				for range recorded {
					if x := s.trial(); comparable(&x) {
						require.Empty(t, tryProcessor(t, p, m, &x), "% x", x.code)
						fmt.Fprintf(&b, "%08x\n", digest(t, m, &x))
					}
				}
				require.NoError(t, os.WriteFile(name, []byte(b.String()), 0o644))
				return
			}
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			want := strings.Fields(string(data))
			n := 0
			for range recorded {
				x := s.trial()
				if !comparable(&x) {
					continue
				}
				require.Less(t, n, len(want))
				require.Equal(t, want[n], fmt.Sprintf("%08x", digest(t, m, &x)), "% x\nbefore %s", x.code, show(&x.before))
				n++
			}
			require.Len(t, want, n)
		})
	}
}

// digest is of what an instruction leaves as far as the manual defines it.
func digest(t *testing.T, m silicon.Mode, x *trial) uint32 {
	t.Helper()
	before, program := inRing3(m, x)
	memory, err := program.Memory()
	require.NoError(t, err)
	after := before
	mem := &testMemory{c: &after, code: memory.Code, data: bytes.Clone(x.data)}
	h := fnv.New32a()
	if x.op.Run(&after, mem) != interp.Done {
		return h.Sum32()
	}
	put := func(v uint64) { _ = binary.Write(h, binary.LittleEndian, v) }
	for _, v := range after.GPR {
		put(v)
	}
	put(after.RIP)
	put(after.RFLAGS &^ (x86.RF | undefinedFlags(&x.in, &before)))
	for i := range mem.data {
		if mem.data[i] != x.data[i] {
			put(uint64(i)<<8 | uint64(mem.data[i]))
		}
	}
	return h.Sum32()
}
