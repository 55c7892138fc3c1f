package uprobes_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/events/tracefs"
	"trapline/internal/linux"
	"trapline/internal/linux/vfs"
	"trapline/internal/loader"
	"trapline/internal/uprobes"
	"trapline/internal/uprobes/traceuprobe"
	"trapline/internal/x86"
)

// program is a run of a program of testdata under uprobe events.
type program struct {
	name   string
	args   []string
	events []string // definitions with PROG for the program's path
	cpus   int
}

// programs use what state the kernel and the uprobes keep.
var programs = []program{
	{name: "steps", args: []string{"beh", "fib", "5"}, events: []string{"p PROG:0x170e", "p PROG:0x17d1", "r PROG:0x17d1 $retval:s32"}},
	{name: "signal", args: []string{"beh", "signal"}, events: []string{"p PROG:0x1745 a=%di:u32", "r PROG:0x1745"}},
	{name: "fork", args: []string{"beh", "fork"}, events: []string{"p PROG:0x170e a=%di:u32", "p PROG:0x1829"}},
	{name: "vfork", args: []string{"beh", "vfork"}, events: []string{"p PROG:0x170e a=%di:u32"}},
	{name: "exec", args: []string{"beh", "exec"}, events: []string{"p PROG:0x170e a=%di:u32", "r PROG:0x170e $retval"}},
	{name: "mmap", args: []string{"beh", "mmap"}, events: []string{"p PROG:0x170a a=%di:u32 ip=%ip"}},
	{name: "longjmp", args: []string{"beh", "longjmp"}, events: []string{"r PROG:0x185e $retval", "r PROG:0x187d $retval", "r PROG:0x170e $retval"}},
	{name: "sema", args: []string{"beh", "sema"}, events: []string{"p PROG:0x170e(0xbb0f0)"}},
	{name: "threads", args: []string{"beh", "threads"}, events: []string{"p PROG:0x185e a=%di", "r PROG:0x185e $retval", "p PROG:0x170e"}},
	{name: "threads on 2 cpus", args: []string{"beh", "threads"}, events: []string{"p PROG:0x185e a=%di", "r PROG:0x185e $retval", "p PROG:0x170e"}, cpus: 2},
	{name: "slots on 2 cpus", args: []string{"slots"}, events: []string{"p PROG:nap_call"}, cpus: 2},
}

// running is a program in the machine.
type running struct {
	*linux.Kernel
	out     bytes.Buffer
	session *traceuprobe.Session
}

// start loads a program, whose path is found, and enables its events.
func (p program) start(t testing.TB) *running {
	path := p.args[0]
	fs, err := vfs.OpenFiles(path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = fs.Close() })
	r := &running{}
	system := uprobes.New(uprobes.Options{})
	r.session = traceuprobe.New(traceuprobe.Config{Arch: x86.AMD64, FS: fs, System: system, Records: traceuprobe.DefaultRecords})
	r.Kernel, err = linux.New(linux.Config{
		Path: path, Args: append([]string{path}, p.args[1:]...), FS: fs, Dir: filepath.Dir(path), CPUs: p.cpus,
		Stdout: &r.out, Stderr: &r.out, Capture: 1 << 16, Hooks: system, Limits: linux.Limits{Steps: 5_000_000, Memory: 64 << 20},
	})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	registry := r.session.Registry()
	for i, def := range p.events {
		place := strings.Replace(def, "PROG:nap_call", "PROG:"+offsetOf(t, path, "nap_call"), 1)
		kind, rest, _ := strings.Cut(place, " ")
		def = kind + ":t/e" + string(rune('a'+i)) + " " + strings.Replace(rest, "PROG", path, 1)
		require.NoError(t, registry.Write(tracefs.UprobeEvents, []byte(def+"\n")), def)
	}
	require.NoError(t, registry.SetGroup("t", true))
	return r
}

// eachProgram runs a test with every program.
func eachProgram(t *testing.T, test func(*testing.T, program)) {
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			p.args = append([]string{find(t, p.args[0])}, p.args[1:]...)
			test(t, p)
		})
	}
}

// find gives a program's path: of testdata/bin, or built from testdata/NAME.c.
func find(t testing.TB, name string) string {
	path, err := filepath.Abs("testdata/bin/" + name)
	require.NoError(t, err)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	out := filepath.Join(t.TempDir(), name)
	if text, err := exec.Command("gcc", "-O1", "-static", "-o", out, "testdata/"+name+".c", "-lpthread").CombinedOutput(); err != nil {
		t.Skipf("gcc cannot build static programs: %v %s", err, text)
	}
	return out
}

func offsetOf(t testing.TB, path, symbol string) string {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	image, err := loader.ReadELF(data, loader.Options{})
	require.NoError(t, err)
	s, ok := image.Symbols.Lookup(symbol)
	if !ok {
		return ""
	}
	off, ok := image.OffsetOfAddr(s.Addr)
	require.True(t, ok)
	return fmt.Sprintf("%#x", off)
}

// shown is all that a run shows.
type shown struct {
	Out, Trace string
	Result     linux.Result
	Hash       uint64
}

func (r *running) shown() shown {
	return shown{r.out.String(), r.session.Lines(), r.Result(), r.Machine().Hash(false)}
}

// stepAsRun steps the vCPUs in the order in which Run lets them work: each until its thread's turn is over or the
// thread leaves it.
func (r *running) stepAsRun(t testing.TB, each func(*emu.Event)) {
	for !r.Done() {
		for id := range r.Machine().CPUs {
			r.stepSlice(id, each)
			require.NoError(t, r.Machine().Err())
		}
	}
}

func (r *running) stepSlice(id int, each func(*emu.Event)) {
	var ran *linux.Thread
	for {
		if ran != nil && (r.Current(id) != ran || r.TurnOver(id)) || !r.CanStep(id) {
			return
		}
		on := r.Current(id)
		ev := r.Step(id)
		each(ev)
		switch {
		case ev.Kind == emu.StepInstruction || ev.Kind == emu.StepDelivery:
			ran = on
		case ran == nil && on == nil && r.Current(id) == nil:
			return
		}
	}
}

// Run and Step are the same run.
func TestStepsAreTheRun(t *testing.T) {
	eachProgram(t, func(t *testing.T, p program) {
		fast, stepped := p.start(t), p.start(t)
		_, err := fast.Run(context.Background())
		require.NoError(t, err)
		want := fast.shown()
		require.Equal(t, linux.NoBound, want.Result.Bound)
		require.NotEmpty(t, want.Trace)
		stepped.stepAsRun(t, func(*emu.Event) {})
		require.Equal(t, want, stepped.shown())
	})
}
