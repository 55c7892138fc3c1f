package walk

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/linux"
	"trapline/internal/loader"
	"trapline/internal/record"
	"trapline/internal/scenario"
	"trapline/internal/story"
	"trapline/internal/x86"
)

// assembled is a program without a library, or the test is skipped.
func assembled(t *testing.T, source string, flags ...string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "prog")
	args := append([]string{"-nostdlib", "-static", "-no-pie", "-o", out, "testdata/" + source}, flags...)
	if text, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Skipf("gcc: %s", text)
	}
	data, err := os.ReadFile(out)
	require.NoError(t, err)
	return data
}

// offsetOf is where a function lies in a program's file.
func offsetOf(t *testing.T, program []byte, name string) string {
	t.Helper()
	img, err := loader.ReadELF(program, loader.Options{})
	require.NoError(t, err)
	s, ok := img.Symbols.Lookup(name)
	require.True(t, ok)
	off, ok := img.OffsetOfAddr(s.Addr)
	require.True(t, ok)
	return fmt.Sprintf("%#x", off)
}

func walkOf(t *testing.T, p scenario.HostProgram) *Walk {
	t.Helper()
	p.Path, p.Args, p.CPUs, p.Memory = "/bin/prog", []string{"prog"}, 1, 16<<20
	file, err := p.File()
	require.NoError(t, err)
	w, err := Open(t.Context(), file, Options{Record: DefaultRecord})
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

// here is the line that the vCPU stands at.
func here(m *Moment) Line {
	for _, l := range m.Code {
		if l.Here {
			return l
		}
	}
	return Line{}
}

// TestU15FarCall: what is shown has the width of the code segment of the moment.
func TestU15FarCall(t *testing.T) {
	w := walkOf(t, scenario.HostProgram{Program: assembled(t, "farcall.s")})
	var small, large []string
	for at := uint64(1); at <= w.End(); at++ {
		require.NoError(t, w.Goto(t.Context(), at))
		c := w.Run.Machine.CPUs[0]
		if tid := w.Moment(Look{}).CPUs[0].Thread; tid == 0 {
			continue
		}
		m := w.Moment(Look{Code: 8, Stack: 2})
		line := here(m)
		names, digits := "rax", 16
		switch c.Seg[x86.CS].Sel {
		case 0x23:
			small = append(small, line.Text)
			names, digits = "eax", 8
			require.Equal(t, 32, m.Bits)
			require.Len(t, m.Regs, 9)
			require.Contains(t, []string{line.Text, "(the kernel's work)"}, m.CPUs[0].Text)
		case 0x33:
			large = append(large, line.Text)
			require.Equal(t, 64, m.Bits)
			require.Len(t, m.Regs, 17)
		default:
			t.Fatalf("CS %#x", c.Seg[x86.CS].Sel)
		}
		require.Equal(t, names, m.Regs[0].Name)
		require.Len(t, m.Regs[0].Value, digits)
		for _, x := range m.Stack {
			require.Len(t, x.Value, digits)
		}
	}
	require.Equal(t, []string{"push %ebx", "inc %eax", "dec %ecx", "mov %eax,value", "pop %ebx", "lret"}, unrepeated(small))
	require.Contains(t, unrepeated(large), "mov %eax,%edi")
}

// unrepeated leaves out what stands still while the kernel works.
func unrepeated(l []string) (out []string) {
	for _, s := range l {
		if len(out) == 0 || out[len(out)-1] != s {
			out = append(out, s)
		}
	}
	return out
}

// TestU15StoryOfAFarCall: the story and its JSON have the width of each step's code.
func TestU15StoryOfAFarCall(t *testing.T) {
	w := walkOf(t, scenario.HostProgram{Program: assembled(t, "farcall.s")})
	text := map[string]*story.Record{}
	for at := uint64(1); at <= w.End(); at++ {
		require.NoError(t, w.Goto(t.Context(), at))
		r := w.Moment(Look{}).Step
		if r.Kind == emu.StepInstruction.String() {
			text[r.Text] = r
		}
	}
	inc, store := text["inc %eax"], text["mov %eax,value"]
	require.NotNil(t, inc)
	require.NotNil(t, store)
	require.Equal(t, 32, inc.Bits)
	require.Equal(t, "eax", inc.Registers[0].Name)
	require.Equal(t, story.Hex(6), store.Writes[0].New)
	require.Equal(t, 4, store.Writes[0].Size)
	back := text["mov %eax,%edi"]
	require.NotNil(t, back)
	require.Zero(t, back.Bits, "the machine's own")
	require.Equal(t, "rdi", back.Registers[0].Name)
	far := text["lcallq *0x402000"]
	require.NotNil(t, far)
	require.Equal(t, "cs", far.Registers[len(far.Registers)-1].Name)
}

// TestU15ProgramOf32Bits: a 32-bit program under both kernels: the slot's copy and the frame of a signal are shown
// as 32-bit code has them, and both recordings replay.
func TestU15ProgramOf32Bits(t *testing.T) {
	program := assembled(t, "signal32.s", "-m32")
	for _, kernel := range []x86.Arch{x86.AMD64, x86.I386} {
		t.Run(kernel.String(), func(t *testing.T) {
			w := walkOf(t, scenario.HostProgram{
				Program: program, Kernel: &kernel,
				Events: []string{"p:twice /bin/prog:" + offsetOf(t, program, "twice"), "r:back /bin/prog:" + offsetOf(t, program, "twice") + " $retval"},
			})
			require.Equal(t, kernel, w.Run.Machine.Arch)
			copied, frames := 0, 0
			var interrupted emu.Core
			for at := uint64(1); at <= w.End(); at++ {
				require.NoError(t, w.Goto(t.Context(), at))
				m := w.Moment(Look{Code: 8, Stack: 60})
				require.Equal(t, 32, m.Bits)
				if line := here(m); line.Copy != "" && line.Label != "" && m.CPUs[0].Thread != 0 {
					copied++
					require.Equal(t, "xol_slot1", line.Label)
					require.Equal(t, "inc %eax", line.Text)
					require.Equal(t, "40", line.Bytes)
				}
				ev := w.Event()
				if ev.Micro != nil && ev.Micro.Work == emu.WorkSignalFrame {
					interrupted = ev.Before
				}
				if !strings.HasPrefix(m.CPUs[0].At, "handler") || m.CPUs[0].Thread == 0 {
					continue
				}
				frames++
				checkFrame32(t, m, &interrupted)
				require.Equal(t, []Called{{At: "around+0xc", Trap: "signal"}, {At: "_start+0x35"}}, m.Chain[len(m.Chain)-2:])
			}
			require.Equal(t, 1, min(copied, 1), "the copy is stepped")
			require.Greater(t, frames, 2)
			require.Equal(t, "exit 7", w.Run.Exit())
			require.Len(t, w.Run.EventLines(), 2)
			require.Contains(t, w.Run.EventLines()[1], "arg1=0x8")

			f, err := w.Recording(t.Context(), "a test")
			require.NoError(t, err)
			require.Equal(t, kernel == x86.AMD64, strings.Contains(string(f.Scenario), "\nkernel x86_64\n"))
			again, err := Replay(t.Context(), f, emu.DefaultProcessor)
			require.NoError(t, err)
			again.Close()
			f.Options["vdso"] = "another"
			_, err = Replay(t.Context(), f, emu.DefaultProcessor)
			require.ErrorIs(t, err, record.ErrVersion)
			require.ErrorContains(t, err, `programs had the vDSOs "another"`)
		})
	}
	wide := x86.I386
	p := scenario.HostProgram{Path: "/bin/prog", Program: assembled(t, "farcall.s"), Kernel: &wide}
	_, err := p.File()
	require.ErrorIs(t, err, linux.ErrOtherArch)
}

// checkFrame32 compares the named words of a signal's frame with the registers that it interrupted.
func checkFrame32(t *testing.T, m *Moment, interrupted *emu.Core) {
	t.Helper()
	words := map[string]string{}
	for _, x := range m.Stack {
		if x.Signal {
			words[x.Field] = x.Value
		}
	}
	for name, want := range map[string]uint64{
		"eip": interrupted.RIP, "esp_at_signal": interrupted.GPR[x86.RSP], "esi": interrupted.GPR[x86.RSI],
		"cs": uint64(interrupted.Seg[x86.CS].Sel), "ss": uint64(interrupted.Seg[x86.SS].Sel),
	} {
		require.Equal(t, hex(x86.I386, want), words[name], name)
	}
}

// TestU15BothWidths: programs of both widths in one run, each shown as its code is.
func TestU15BothWidths(t *testing.T) {
	small := assembled(t, "signal32.s", "-m32")
	when, err := linux.ParseWhen("now")
	require.NoError(t, err)
	w := walkOf(t, scenario.HostProgram{
		Program: assembled(t, "farcall.s"), Files: map[string][]byte{"/bin/small": small},
		More: []linux.Program{{Path: "/bin/small", Args: []string{"small"}}}, When: when,
		Events: []string{"p:twice /bin/small:" + offsetOf(t, small, "twice")},
	})
	bits := map[int]map[int]bool{}
	slot := false
	for at := uint64(1); at <= w.End(); at++ {
		require.NoError(t, w.Goto(t.Context(), at))
		m := w.Moment(Look{Code: 4})
		if tid := m.CPUs[0].Thread; tid != 0 {
			if bits[tid] == nil {
				bits[tid] = map[int]bool{}
			}
			bits[tid][m.Bits] = true
			slot = slot || here(m).Label == "xol_slot1"
		}
	}
	require.Equal(t, map[int]map[int]bool{100: {32: true, 64: true}, 101: {32: true}}, bits)
	require.True(t, slot, "the slot of the 32-bit program has its name")
}
