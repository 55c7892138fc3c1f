package kprobes_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/kprobes"
	"trapline/internal/loader"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// A line of C makes at most one access that another CPU can see: of its
// instructions one at most names memory by another register than the frame's
// and the stack's. Saved registers and thread_info lie on the thread's own
// stack, and are nobody else's business.
func TestALineMakesOneVisibleAccess(t *testing.T) {
	own := regexp.MustCompile(`regs->|user_mode\(|->preempt_count|->pending`)
	for _, k := range kernelTexts() {
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

// Of who else's number kprobe_cpu holds, the line that asks whether it is this
// CPU's shows nothing: a hit, a stranger's int3, a fault and a step go on and end alike whatever it is.
func TestAskingForANumberShowsNothingElse(t *testing.T) {
	for name, code := range map[string][]byte{
		"hit":   {0x90, 0xc3},
		"int3":  {0x40, 0xcc, 0xc3},
		"fault": {0x40, 0x0f, 0x32},                                           // rdmsr of one that is not there
		"step":  {0x9c, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d, 0x90, 0x90, 0xc3}, // pushf; or $TF; popf
	} {
		for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
			if a == x86.AMD64 && name == "step" {
				code = []byte{0x9c, 0x48, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d, 0x90, 0x90, 0xc3}
			}
			for _, engine := range []string{"2002", "2005"} {
				none, three := asked(t, a, engine, code, 32), asked(t, a, engine, code, 3)
				require.Equal(t, none, three, "%s %v %s", engine, a, name)
			}
		}
	}
}

// asked runs code with a probe at its beginning, where kprobe_cpu is another CPU's
// number, and gives what each step does, but to the flags before the last one.
func asked(t *testing.T, a x86.Arch, engine string, code []byte, number uint64) (steps []string) {
	r := newKit(t, a, engine, 1)
	at := r.kernel(code...)
	if code[0] == 0x90 {
		r.probe(kprobes.Probe{Addr: at})
	}
	word := r.k.Symbol("kprobe_cpu")
	r.m.PokeWord(r.s, word, a.Word(), number)
	c := r.start(0, at)
	asks := 0
	for range 2000 {
		if !c.CanStep() {
			break
		}
		ev := r.step(0)
		if ev.Micro != nil && ev.Micro.Asks == word {
			if asks++; asks == 1 {
				require.Equal(t, number, ev.Reads[0].Value)
			}
		}
		var writes []emu.MemWrite
		for _, w := range ev.Writes {
			if w.Addr == word {
				w.Old = 0
			}
			writes = append(writes, w)
		}
		steps = append(steps, fmt.Sprintf("%x %x %+v", ev.PC, c.GPR, writes))
	}
	require.NotZero(t, asks)
	return append(steps, fmt.Sprintf("%x %s", c.RFLAGS, c.Shutdown))
}

func eachInstruction(t *testing.T, img *loader.Image, r loader.LineRange, see func(*insn.Inst)) {
	t.Helper()
	mode := insn.Mode32
	if img.Arch == x86.AMD64 {
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
	for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
		for engine, lock := range map[string]string{"2002": "kprobe_lock", "2005": "kprobe_lock", "modern": "kprobe_mutex"} {
			arrive := func(follow bool) []emu.Core {
				r := newKit(t, a, engine, 1)
				r.m.PokeWord(r.s, r.k.Symbol(lock), a.Word(), 2)
				at := r.kernel(0x90, 0xc3)
				c := r.call(0, "register_kprobe", r.define(kprobes.Probe{Addr: at}))
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
			require.Equal(t, spun, looped, "%s %v", engine, a)
		}
	}
}
