package tracekprobe_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/internal/asm"
	"trapline/internal/emu"
	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/kprobes"
	"trapline/internal/kprobes/tracekprobe"
	"trapline/internal/loader"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// rig is a machine with event files and one task at "main".
type rig struct {
	*testing.T
	m   *emu.Machine
	g   *kprobes.Manager
	t   *tracekprobe.Session
	img *loader.Image
}

func newRig(t *testing.T, a x86.Arch, engine, source string) *rig {
	t.Helper()
	arch := x86.I386
	if a == x86.AMD64 {
		arch = x86.AMD64
	}
	img, err := asm.Assemble(context.Background(), asm.Source{
		Name: t.Name(), Text: source, Arch: arch, Base: traps.LayoutOf(a).KernelEnd + 0x800000,
	})
	if errors.Is(err, asm.ErrNoAssembler) {
		t.Skip(err)
	}
	require.NoError(t, err)
	m, err := emu.New(emu.Config{Arch: a, CPUs: 1})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	g, err := kprobes.Boot(m, engine)
	require.NoError(t, err)
	require.NoError(t, g.K.LoadImage(m.CPUs[0].Space, img, 0))
	g.K.Symbols.Merge(img.Symbols)
	at, ok := img.Symbols.Lookup("main")
	require.True(t, ok)
	require.NoError(t, g.K.Start(0, traps.Task{Name: "main"}, 0, at.Addr, 0))
	tr := tracekprobe.New(tracekprobe.Config{Manager: g, Symbols: func() loader.Symbols { return g.K.Symbols }})
	return &rig{t, m, g, tr, img}
}

// run steps to the end of the task.
func (r *rig) run() {
	r.Helper()
	for range 100_000 {
		r.g.Observe(r.m.Step(0))
		require.NoError(r, r.m.Err())
		if r.m.CPUs[0].Shutdown != "" {
			require.Equal(r, traps.TaskDone, r.m.CPUs[0].Shutdown)
			return
		}
	}
	r.Fatal("does not end")
}

// until steps until the task is about to run the instruction at symbol.
func (r *rig) until(symbol string) {
	r.Helper()
	s, ok := r.img.Symbols.Lookup(symbol)
	require.True(r, ok)
	for range 100_000 {
		if r.m.CPUs[0].RIP == s.Addr {
			return
		}
		r.g.Observe(r.m.Step(0))
		require.Empty(r, r.m.CPUs[0].Shutdown)
	}
	r.Fatal("does not get to " + symbol)
}

// columns are the function columns of the trace's lines.
func (r *rig) columns() []string {
	var list []string
	for _, l := range r.t.Array().EntryLines() {
		_, text, _ := strings.Cut(l, ": ")
		list = append(list, text)
	}
	return list
}

func (r *rig) read(file string) string {
	r.Helper()
	s, err := r.t.ReadFile(file)
	require.NoError(r, err)
	return s
}

const adding = `
main:	mov $table, %edi
	call add
	mov $3, %ecx
	call add
end:	ret
	.globl add
	.type add,@function
add:	mov $7, %eax
	add %ecx, %eax
add_end: ret
	.size add, .-add
	.balign 4
table:	.long 0x11223344, 5
	.ascii "abc\0"
`

func TestE6FetchAndProfile(t *testing.T) {
	for _, engine := range []string{"2002", "2005", "modern"} {
		r := newRig(t, x86.I386, engine, adding)
		require.NoError(t, r.t.Define("p:g/e add+5 ax=%ax:s32 m=+4(%di):u8 w=+0(%di):x32 s=+8(%di):string top=$stack0:symbol c=$comm bad=+0(+64(%ax)):u32"))
		r.run()
		require.Equal(t, []string{
			`e: (add+0x5/0x7) ax=7 m=5 w=0x11223344 s="abc" top=main+0xa/0x14 c="main" bad=0`,
			`e: (add+0x5/0x7) ax=7 m=5 w=0x11223344 s="abc" top=end+0x0/0x1 c="main" bad=0`,
		}, r.columns())
		require.Equal(t, "  e                                                          2               0\n", r.read("kprobe_profile"))
	}
}

func TestE7ReturnEvents(t *testing.T) {
	for _, engine := range []string{"2005", "modern"} {
		for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
			src := adding
			if a == x86.AMD64 {
				src = strings.ReplaceAll(strings.ReplaceAll(adding, "%edi", "%rdi"), "mov $table", "lea table(%rip)")
			}
			r := newRig(t, a, engine, src)
			require.NoError(t, r.t.Define("r:g/ret add ret=$retval:s32 cx=%cx:u32"))
			r.run()
			list := r.columns()
			require.Len(t, list, 2)
			require.Regexp(t, `^ret: \(main\+0x\w+/0x\w+ <- add\) ret=7 cx=0$`, list[0])
			require.Regexp(t, `^ret: \(end\+0x0/0x1 <- add\) ret=10 cx=3$`, list[1])
			require.Equal(t, "r10:g/ret add ret=$retval:s32 cx=%cx:u32\n", r.read("kprobe_events"))
		}
	}
	r := newRig(t, x86.I386, "2002", adding)
	require.EqualError(t, errors.Unwrap(r.t.Define("r:g/ret add")), "errno 38 ENOSYS")
	require.Contains(t, r.t.Printk()[0], "return probes came in 2005")
}

// TestE4SeveralAtOneAddress: engine modern gathers them, the others refuse.
func TestE4SeveralAtOneAddress(t *testing.T) {
	r := newRig(t, x86.I386, "modern", adding)
	for _, l := range []string{"p:g/a add", "p:g/b add %cx", "r:g/c add"} {
		require.NoError(t, r.t.Define(l))
	}
	r.until("end")
	require.NoError(t, r.t.WriteFile("events/g/b/enable", "0", true))
	require.Regexp(t, `^c0c00015  r  add\+0x0    \nc0c00015  k  add\+0x0    \[DISABLED\]\nc0c00015  k  add\+0x0    \n$`, r.read("kprobes/list"))
	r.run()
	names := ""
	for _, rec := range r.t.Records() {
		names += rec.Event
	}
	require.Equal(t, "bacbac", names, "newest definition first, the return last")
	r = newRig(t, x86.I386, "2005", adding)
	require.NoError(t, r.t.Define("p:g/a add"))
	require.ErrorIs(t, r.t.Define("p:g/b add"), events.EEXIST)
}

func TestE4Control(t *testing.T) {
	r := newRig(t, x86.I386, "modern", adding)
	w := func(file, text string, truncate bool) error { return r.t.WriteFile(file, text, truncate) }
	require.NoError(t, w("kprobe_events", "p:g/a add", false))
	require.NoError(t, w("kprobe_events", "p:g/b add+5", false))
	require.Equal(t, "0\n", r.read("events/g/enable"))
	require.NoError(t, w("events/g/a/enable", "1", true))
	require.Equal(t, "X\n", r.read("events/g/enable"))
	require.ErrorIs(t, w("kprobe_events", "-:g/a", false), events.EBUSY)
	require.ErrorIs(t, w("kprobe_events", "p:g/c add", true), events.EBUSY, "truncating deletes all or none")
	require.NoError(t, w("events/g/enable", "0", true))
	require.NoError(t, w("kprobe_events", "p:g/c add", true))
	require.Equal(t, "p:g/c add\n", r.read("kprobe_events"))
	require.ErrorIs(t, w("kprobe_events", "p:g/d add+1", false), events.EILSEQ, "no instruction starts there")
	require.ErrorIs(t, w("kprobe_events", "p:g/d do_int3", false), events.EINVAL, "the trap path is blacklisted")
	require.ErrorIs(t, w("kprobe_events", "p:g/d nothing", false), events.ENOENT)
	require.ErrorIs(t, w("events/g/x/enable", "1", true), events.ENOENT)
	require.ErrorIs(t, w("events/g/c/enable", "yes", true), events.EINVAL)
	require.Contains(t, r.read("error_log"), "Failed to register probe event")
	require.NoError(t, w("events/g/c/enable", "1", true))
	require.ErrorIs(t, w("kprobe_events", "p:g/d add+1", false), events.EILSEQ, "decoding looks under the breakpoint")
	require.NoError(t, w("tracing_on", "0", true))
	r.run()
	require.Empty(t, r.t.Array().EntryLines())
	require.Contains(t, r.read("kprobe_profile"), "c      ")
	require.Regexp(t, ` 2 +0\n$`, r.read("kprobe_profile"), "hits count while tracing is off")
}

// TestE7DisabledWhileOut: a call that has begun is still seen to end.
func TestE7DisabledWhileOut(t *testing.T) {
	r := newRig(t, x86.I386, "modern", adding)
	require.NoError(t, r.t.Define("r:g/ret add"))
	r.until("add_end")
	require.NoError(t, r.t.WriteFile("events/g/ret/enable", "0", true))
	r.run()
	require.Empty(t, r.t.Array().EntryLines(), "it is disabled")
	require.Regexp(t, ` 1 +0\n$`, r.read("kprobe_profile"), "but counted")
}

const twoPages = `
main:	call work
stop1:	nop
stop2:	call work
	ret
	.balign 4096
mod_begin:
work:	mov $1, %eax
	ret
`

func TestE5Module(t *testing.T) {
	r := newRig(t, x86.I386, "modern", twoPages)
	begin, _ := r.img.Symbols.Lookup("mod_begin")
	inside := loader.NewSymbols([]loader.Symbol{{Name: "work", Addr: begin.Addr, Kind: loader.Function}})
	require.NoError(t, r.t.AddModule("mod", begin.Addr, begin.Addr+4096, inside))
	require.NoError(t, r.t.Define("p:g/early mod:work"))
	require.NoError(t, r.t.Define("p:g/later other:work"), "kept for when the module comes")
	require.Contains(t, r.t.Printk()[0], "might be able to register after target module is loaded")
	r.until("stop1")
	require.NoError(t, r.t.UnloadModule("mod"))
	require.Contains(t, r.read("kprobes/list"), "[GONE]")
	require.ErrorIs(t, r.t.Define("p:g/now work"), events.ENOENT)
	require.NoError(t, r.t.LoadModule("mod"))
	require.Regexp(t, `work\+0x0  mod $`, strings.TrimSuffix(r.read("kprobes/list"), "\n"))
	r.run()
	require.Equal(t, []string{"early: (work+0x0/0x1000 [mod])", "early: (work+0x0/0x1000 [mod])"}, r.columns())
	require.Error(t, r.t.LoadModule("mod"))
	require.Error(t, r.t.UnloadModule("nope"))
	require.Error(t, r.t.AddModule("mod", begin.Addr, begin.Addr+4096, inside))
}

// TestSnapshot goes back to before an event was defined, and on again.
func TestSnapshot(t *testing.T) {
	r := newRig(t, x86.AMD64, "modern", strings.ReplaceAll(strings.ReplaceAll(adding, "%edi", "%rdi"), "mov $table", "lea table(%rip)"))
	require.NoError(t, r.t.Define("p:g/a add"))
	start := r.m.Snapshot()
	again := func() ([]string, string, string) {
		require.NoError(t, r.t.Define("r:g/b add $retval"))
		r.run()
		return r.t.Array().EntryLines(), r.read("kprobe_profile"), r.read("kprobes/list")
	}
	l1, p1, k1 := again()
	end := r.m.Snapshot()
	r.m.Restore(start)
	require.Equal(t, "p:g/a add\n", r.read("kprobe_events"))
	require.Empty(t, r.t.Array().EntryLines())
	l2, p2, k2 := again()
	require.Equal(t, l1, l2)
	require.Equal(t, p1, p2)
	require.Equal(t, k1, k2)
	r.m.Restore(end)
	require.Equal(t, l1, r.t.Array().EntryLines())
	require.Len(t, l1, 4)
}

func TestBufferBound(t *testing.T) {
	r := newRig(t, x86.I386, "modern", "main:	mov $50, %ecx\nloop:	dec %ecx\n	jnz loop\n	ret\n")
	r.t = tracekprobe.New(tracekprobe.Config{Manager: r.g, Symbols: func() loader.Symbols { return r.g.K.Symbols }, Records: 10})
	require.NoError(t, r.t.Define("p:g/a loop %cx:u32"))
	r.run()
	require.Len(t, r.t.Array().EntryLines(), 10)
	require.Contains(t, r.read("trace"), "# entries-in-buffer/entries-written: 10/50   #P:1")
	require.NoError(t, r.t.WriteFile("trace", "", true))
	require.Contains(t, r.read("trace"), "0/0")
}

// BenchmarkEvents is events per second end to end: an int3 hit in direct mode
// with four fetch arguments, recorded in the buffer; with boosting there is no
// second trap. "run" lets the probed loop and the copy run freely between the
// steps of the hit, as who does not watch instructions does; "step" steps them.
// events/cpu-s is by processor time, which other load disturbs less.
func BenchmarkEvents(b *testing.B) {
	for _, engine := range []string{"modern", "modern" + "+boost"} {
		for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
			for _, mode := range []string{"step", "run"} {
				b.Run(engine+"/"+a.String()+"/"+mode, func(b *testing.B) { benchmarkEvents(b, engine, a, mode == "run") })
			}
		}
	}
}

func benchmarkEvents(b *testing.B, engine string, a x86.Arch, freely bool) {
	m, err := emu.New(emu.Config{Arch: a, CPUs: 1})
	require.NoError(b, err)
	defer m.Close()
	g, err := kprobes.Boot(m, engine)
	require.NoError(b, err)
	require.NoError(b, g.K.SetDirect(true))
	at, err := g.K.AllocKernel(m.CPUs[0].Space, 4096, emu.Write|emu.Exec)
	require.NoError(b, err)
	require.NoError(b, m.WriteBytes(m.CPUs[0].Space, at, []byte{0x90, 0xeb, 0xfd}))
	require.NoError(b, g.K.Start(0, traps.Task{Name: "loop"}, 0, at, 0))
	g.K.Symbols.Add(loader.Symbol{Name: "spin", Addr: at, Size: 3, Kind: loader.Function})
	t := tracekprobe.New(tracekprobe.Config{Manager: g, Symbols: func() loader.Symbols { return g.K.Symbols }})
	require.NoError(b, t.Define("p:g/e spin %ax $stack0 +0(%sp):u32 @spin:x16"))
	m.Quiet = true
	p := t.Registry().Probes()[0]
	before := processorTime(b)
	for b.Loop() {
		for n := t.Counts(p).Hits; t.Counts(p).Hits == n; {
			ev := m.Step(0)
			g.Observe(ev)
			if freely && ev.Kind == emu.StepInstruction {
				m.Run(0, 1<<20)
			}
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(b.N)/(processorTime(b)-before).Seconds(), "events/cpu-s")
}

// processorTime is what this process used so far, on all processors.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestO5EventOnRefusedInstruction: 6.1 answers EOPNOTSUPP when the event is
// defined.
func TestO5EventOnRefusedInstruction(t *testing.T) {
	const source = "main:\n\tnop\n\tret\n\tiretq\n\tint3\n"
	for engine, want := range map[string]events.Errno{"modern+int3": events.EOPNOTSUPP, "modern": 0, "2005": 0} {
		r := newRig(t, x86.AMD64, engine, source)
		require.NoError(t, r.t.Registry().Write(tracefs.KprobeEvents, []byte("p:g/a main+1\n")))
		for _, line := range []string{"p:g/b main+2", "p:g/c main+4"} {
			err := r.t.Registry().Write(tracefs.KprobeEvents, []byte(line+"\n"))
			if want == 0 {
				require.NoError(t, err, "%s %s", engine, line)
				continue
			}
			require.ErrorIs(t, err, want, "%s %s", engine, line)
			var e *events.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "trace_kprobe: error: Failed to register probe event\n  Command: "+line+"\n                 ^\n", e.LogText())
		}
	}
}
