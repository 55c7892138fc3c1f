//go:build unicorn && cgo && linux && amd64

package emu

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/unicorn"
	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// vectorTrials are random SSE instructions, many of each form.
func vectorTrials(r *rand.Rand, a x86.Arch) (codes [][]byte) {
	mode := AMD.mode(a)
	for n := range 4 * 4 * 256 * 8 {
		m, pp, opcode, digit := n&3, n>>2&3, byte(n>>4), byte(n>>12&7)
		if m == 0 {
			continue
		}
		var head []byte
		head = append(head, [][]byte{nil, {0x66}, {0xf3}, {0xf2}}[pp]...)
		if a == x86.AMD64 && r.IntN(2) == 0 {
			head = append(head, 0x40|byte(r.IntN(16))&^3)
		}
		head = append(append(head, [][]byte{{0x0f}, {0x0f, 0x38}, {0x0f, 0x3a}}[m-1]...), opcode)
		for _, modRM := range []byte{0xc0 | byte(r.IntN(8)), 0x43} {
			code := append(slices.Clone(head), modRM|digit<<3, byte(16*r.IntN(4)), byte(r.Uint32()), 0x90)
			if modRM >= 0xc0 {
				code = append(slices.Clone(head), modRM|digit<<3, byte(r.Uint32()), 0x90)
			}
			in, err := insn.Decode(code, mode)
			if err != nil {
				continue
			}
			if own, op := classify(&in, nil, V2); own == ownInterp && op.Vector() {
				codes = append(codes, code[:in.Len])
			}
		}
	}
	return codes
}

// TestLibraryVectors runs SSE instructions in random states by Step and in the library: those that Run gives to
// it leave the same state.
func TestLibraryVectors(t *testing.T) {
	if err := unicorn.Check(); err != nil {
		t.Skip(err)
	}
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := rand.New(rand.NewPCG(1, uint64(a)))
		ours, c := newTest(t, a)
		theirs, d := newTest(t, a)
		tried := map[string]int{}
		for range 4 {
			for _, code := range vectorTrials(r, a) {
				in, _ := insn.Decode(code, AMD.mode(a))
				name := fmt.Sprintf("%v %02x %v%v%v", in.Map, in.Opcode, in.OpSize, in.Rep, in.Repne)
				if beyondLibrary(&in) {
					continue
				}
				tried[name]++
				data := make([]byte, PageSize)
				for i := range data {
					data[i] = byte(r.Uint32())
				}
				x := resetExtended
				for i := range xmmCount(a) {
					for k := range 2 {
						x.YMM[i][k] = r.Uint64() & r.Uint64()
					}
				}
				var core Core = c.Core
				for i := range xmmCount(a) {
					core.GPR[i] = a.Mask(r.Uint64() >> r.IntN(64))
				}
				core.GPR[x86.RBX], core.GPR[x86.RDI], core.GPR[x86.RSP], core.RIP = 0x5100, 0x5200, 0x8000, 0x1000
				core.RFLAGS = x86.FlagsFixed | r.Uint64()&x86.FlagsStatus
				for i, m := range []*Machine{ours, theirs} {
					v := []*CPU{c, d}[i]
					v.Core = core
					v.Shutdown = ""
					v.setExtended(&x)
					v.fpuUsed = true
					require.NoError(t, m.WriteBytes(v.Space, 0x5000, data))
					require.NoError(t, m.WriteBytes(v.Space, 0x1000, code))
				}
				ours.Step(0)
				theirs.ev.reset(theirs.Seq, 0)
				theirs.ev.Before = d.Core
				dec, trap := theirs.fetchCode(d, 0x1000)
				require.Nil(t, trap)
				v, err := d.Space.view(false)
				require.NoError(t, err)
				refused := theirs.runLibrary(d, v, dec, theirs.staleCode(dec))
				got, want := make([]byte, PageSize), make([]byte, PageSize)
				c.Space.Peek(0x5000, want)
				d.Space.Peek(0x5000, got)
				d.Core.CR0 = c.Core.CR0
				if refused != nil || c.Core != d.Core || *c.extended() != *d.extended() || !bytes.Equal(got, want) {
					t.Errorf("% x: by Step %x, in the library %x", code, c.extended().YMM, d.extended().YMM)
				}
				require.NoError(t, theirs.Err())
			}
		}
		require.Greater(t, len(tried), 140)
	})
}
