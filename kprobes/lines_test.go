package kprobes_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/emu"
	"trapline/emu/insn"
	"trapline/emu/loader"
	"trapline/kprobes"
	"trapline/traps"
)

// A line of C makes at most one access that another CPU can see: of its
// instructions one at most names memory by another register than the frame's
// and the stack's. Saved registers and thread_info lie on the thread's own
// stack, and are nobody else's business.
func TestALineMakesOneVisibleAccess(t *testing.T) {
	own := regexp.MustCompile(`regs->|->preempt_count|->pending`)
	for _, k := range kprobes.KernelTexts() {
		if k.C == "" {
			continue
		}
		img, err := k.Image()
		require.NoError(t, err)
		source := strings.Split(k.Source, "\n")
		lines := 0
		for r := range img.Lines.All() {
			file, n := img.FileLine(r.Line)
			if !strings.HasSuffix(file, ".c") || own.MatchString(source[r.Line-1]) {
				continue
			}
			lines++
			visible := 0
			eachInstruction(t, img, r, func(in *insn.Inst) {
				if in.Attr().Has(insn.Memory) && !traps.OfFrame(in) {
					visible++
				}
			})
			require.LessOrEqual(t, visible, 1, "%s %s:%d", k.Listing, file, n)
		}
		require.Greater(t, lines, 100, k.Listing)
	}
}

func eachInstruction(t *testing.T, img *loader.Image, r loader.LineRange, see func(*insn.Inst)) {
	t.Helper()
	mode := insn.Mode32
	if img.Arch == loader.AMD64 {
		mode = insn.Mode64
	}
	seg := img.SegmentAt(r.Addr)
	for at := r.Addr; at < r.Addr+r.Size; {
		in, err := insn.Decode(seg.Data[at-seg.Addr:], mode)
		require.NoError(t, err)
		see(&in)
		at += uint64(in.Len)
	}
}

// A spin leaves the vCPU at the locked instruction, where the loop around it
// would bring it: the same registers, but for flags that nobody looks at.
func TestK6ASpinStandsForItsLoop(t *testing.T) {
	for _, a := range []emu.Arch{emu.I386, emu.AMD64} {
		arrive := func(follow bool) []emu.Core {
			r := newKit(t, a, kprobes.Engine2002, 1)
			r.m.PokeWord(r.s, r.k.Symbol("kprobe_lock"), a.Word(), 2)
			at := r.kernel(0x90, 0xc3)
			r.probe(kprobes.Probe{Addr: at})
			c := r.start(0, at)
			locked := uint64(0)
			for locked == 0 {
				if ev := r.step(0); ev.Kind == emu.StepSpin {
					locked = ev.PC
				}
			}
			if !follow {
				r.m.Follow(emu.Followed{})
			}
			var l []emu.Core
			for len(l) < 4 {
				if r.step(0); c.RIP == locked {
					core := c.Core
					core.RFLAGS = 0
					l = append(l, core)
				}
			}
			return l
		}
		spun, looped := arrive(true), arrive(false)
		require.Equal(t, spun, looped)
	}
}
