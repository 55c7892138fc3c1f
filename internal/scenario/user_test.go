package scenario_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/kprobes/props"
	"trapline/internal/scenario"
	"trapline/internal/sched"
)

// TestLinuxPrograms judges scenarios of Linux programs: golden steps and
// checks, among them filters, removal, refusal and return probes (U3, U13, U16).
func TestLinuxPrograms(t *testing.T) { scenario.Test(t, os.DirFS("testdata/user")) }

// threads is a scenario of two threads that run the same probed function.
func threads(t *testing.T) *scenario.File {
	f, err := scenario.LoadFS(os.DirFS("testdata/user"), "two-threads.txtar")
	require.NoError(t, err)
	return f
}

func searched(t *testing.T, engine string, o explore.Options) *explore.Report {
	t.Helper()
	s, err := scenario.NewSystems(context.Background(), threads(t), scenario.Options{Engine: engine})
	require.NoError(t, err)
	defer s.Close()
	require.Equal(t, 2, s.Jobs(2))
	rep, err := explore.Search(context.Background(), s.New, o)
	require.NoError(t, err)
	return rep
}

// K11: while the breakpoint is out for a step in place, another thread runs
// through; with slots there is no such schedule (U5).
func TestThreadsMissInlineOnly(t *testing.T) {
	rep := searched(t, "uprobes-inline", explore.Options{})
	require.NotNil(t, rep.Found)
	assert.Equal(t, props.NoMissedProbe, rep.Found.Violation.Property)
	assert.Equal(t, "K11", rep.Found.Violation.ID)
	r := open(t, threads(t), scenario.Options{Engine: "uprobes-inline"}) // and a run of that schedule shows it again
	require.NoError(t, r.Follow(context.Background(), sched.NewReplay(rep.Found.Schedule), nil))
	require.NotEmpty(t, r.Violations())
	assert.Equal(t, props.NoMissedProbe, r.Violations()[0].Property)

	rep = searched(t, "uprobes", explore.Options{})
	assert.Nil(t, rep.Found)
	assert.True(t, rep.Exhausted)
}

// A search that asks at every step comes to the same ends.
func TestReductionKeepsEveryEndOfAProgram(t *testing.T) {
	less := searched(t, "uprobes", explore.Options{KeepOutcomes: true})
	all := searched(t, "uprobes", explore.Options{KeepOutcomes: true, NoReduction: true})
	require.True(t, less.Exhausted && all.Exhausted)
	assert.Equal(t, all.Outcomes, less.Outcomes)
}

// Workers share a search of a program: what one comes to, so do several.
func TestProgramSearchIsTheSameForAnyNumberOfWorkers(t *testing.T) {
	one := searched(t, "uprobes", explore.Options{KeepOutcomes: true})
	three := searched(t, "uprobes", explore.Options{KeepOutcomes: true, Jobs: 3})
	require.True(t, three.Exhausted)
	assert.Equal(t, one.Outcomes, three.Outcomes)
	assert.Equal(t, one.States, three.States)
	one, three = searched(t, "uprobes-inline", explore.Options{}), searched(t, "uprobes-inline", explore.Options{Jobs: 3})
	assert.Equal(t, one.Found, three.Found)
}

// The same steps again, from the middle, in the same words.
func TestS2ProgramsRunTheSameEveryTime(t *testing.T) {
	for _, name := range []string{"two-threads.txtar", "two-processes.txtar"} {
		f, err := scenario.LoadFS(os.DirFS("testdata/user"), name)
		require.NoError(t, err)
		first := tell(t, open(t, f, scenario.Options{}))
		r := open(t, f, scenario.Options{})
		for range len(first) / 2 {
			cpu, ok := r.Next()
			require.True(t, ok)
			r.Step(cpu)
		}
		middle := r.Machine.Snapshot()
		for range 3 {
			require.Equal(t, first[len(first)/2:], tell(t, r), name)
			output, log, events := r.Output(), r.Log(), r.EventLines()
			r.Machine.Restore(middle)
			assert.Empty(t, r.Exit())
			tell(t, r)
			assert.Equal(t, output, r.Output())
			assert.Equal(t, log, r.Log())
			assert.Equal(t, events, r.EventLines())
			r.Machine.Restore(middle)
		}
	}
}

// Flaws of a program's scenario have their place.
func TestLinuxBuildFlaws(t *testing.T) {
	const start = "A flaw.\n-- linux --\n-- text.S --\n_start:\tnop\n\thlt\n"
	for text, want := range map[string]string{
		start + "-- uprobe_events --\np /prog:mian\n":                   `s.txtar:7:9: /prog has no symbol "mian"`,
		start + "-- uprobe_events --\np /other:_start\n":                `s.txtar:7:10: the scenario has no file /other`,
		start + "-- uprobe_events --\np /prog:0x0 %zx\n":                `s.txtar:7:1: the kernel refuses it: errno=22 EINVAL`,
		start + "-- probes --\np at 0x10\n":                             `s.txtar:7:6: probe p: 0x10 is not in the program's file; expected an address of the program's code`,
		start + "-- check --\nnever x: hits(p) > 1\n":                   `s.txtar:7:10: no probe "p"; expected one of `,
		start + "-- probes --\np at mian\n":                             `s.txtar:7:6: no symbol "mian"`,
		start + "-- machine --\nengine modern\n":                        `s.txtar:7:8: engine "modern": expected one of none, uprobes`,
		"A flaw.\n-- linux --\nfile /x from \"y\"\n-- text.S --\nnop\n": `s.txtar:3:6: `,
	} {
		_, err := scenario.Open(context.Background(), parse(t, text), scenario.Options{})
		require.Error(t, err, text)
		assert.Contains(t, err.Error(), want)
	}
}

// elfProgram is a small position-independent program that writes "hello".
func elfProgram(t *testing.T) []byte {
	data, err := os.ReadFile("../loader/testdata/pie64.elf")
	require.NoError(t, err)
	return data
}

// A symbol may be of another ELF file that the program can read.
func TestAnEventInAnotherFile(t *testing.T) {
	const text = "Another.\n-- linux --\nfile /lib/x from \"pie64.elf\"\n-- text.S --\n_start:\tnop\n\thlt\n-- uprobe_events --\np:where /lib/x:where\n"
	f, err := scenario.LoadFS(fstest.MapFS{"s.txtar": {Data: []byte(text)}, "pie64.elf": {Data: elfProgram(t)}}, "s.txtar")
	require.NoError(t, err)
	r := open(t, f, scenario.Options{})
	require.NoError(t, r.Finish(t.Context(), nil))
	ends := r.ProbeEnds()
	require.Len(t, ends, 1)
	assert.Equal(t, "not mapped", ends[0].State)
}

// A position-independent ELF file runs where the kernel puts it, and its
// symbols are there.
func TestAnELFFileAsProgram(t *testing.T) {
	const text = "A program.\n-- machine --\narch x86_64\n-- program --\npath \"pie64.elf\"\n-- uprobe_events --\n" +
		"p:where /prog:where\n-- check --\ntransparency\nno-missed-probe\noutput \"hello\\n\"\nexit 0\n"
	f, err := scenario.LoadFS(fstest.MapFS{"s.txtar": {Data: []byte(text)}, "pie64.elf": {Data: elfProgram(t)}}, "s.txtar")
	require.NoError(t, err)
	r := open(t, f, scenario.Options{})
	require.NoError(t, r.Finish(context.Background(), nil))
	assert.Empty(t, r.Judge(true))
	assert.Equal(t, "where", r.ProbeEnds()[0].At)
	assert.Greater(t, r.ProbeEnds()[0].Addr, uint64(0x555555554000))
}

// A program of the host becomes a scenario that reads nothing more from it.
func TestTracedProgramIsAScenario(t *testing.T) {
	traced := scenario.HostProgram{
		Path: "/bin/a program", Program: elfProgram(t), Args: []string{"a program", "-x"}, Env: []string{"A=\"b\n"},
		Stdin: []byte{0, 1}, Files: map[string][]byte{"/etc/x": {0xff}}, Events: []string{"p:start /bin/a\\ program:0x1d9"},
		CPUs: 1, Memory: 16 << 20,
	}
	f, err := traced.File()
	require.NoError(t, err)
	assert.Equal(t, []string{"program", "stdin", "file0"}, f.Named())
	assert.Equal(t, traced.Env, f.Linux.Env)
	assert.Equal(t, traced.Args, f.Linux.Args)
	for _, name := range f.Named() {
		_, err := f.ReadFile(name)
		require.NoError(t, err)
	}
	_, err = f.ReadFile("/etc/passwd")
	require.Error(t, err)

	traced.Path, traced.Args, traced.Events = "/bin/prog", nil, []string{"p:start /bin/prog:_start"}
	f, err = traced.File()
	require.NoError(t, err)
	r := open(t, f, scenario.Options{})
	require.NoError(t, r.Finish(context.Background(), nil))
	assert.Equal(t, "hello\n", r.Output())
	assert.Len(t, r.EventRecords(), 1)
	require.NotEmpty(t, r.EventLines())
	assert.Contains(t, r.EventLines()[0], "start: (0x5555555541d9)")
}

// Whoever looks at a program changes its events as those of kernel code, and goes back to before.
func TestEventsOfAProgramAreChanged(t *testing.T) {
	f, err := scenario.Load("events-of-a-program")
	require.NoError(t, err)
	r := open(t, f, scenario.Options{})
	change := func(text string) {
		x, err := r.File.ParseChange(0, text)
		require.NoError(t, err)
		require.NoError(t, r.Try(x), text)
		r.Change(x)
	}
	before := r.Machine.Snapshot()
	for range 2 {
		require.Empty(t, r.ProbeLines())
		change("echo 'p:g/w /prog:work n=%di:u32' > uprobe_events")
		change("echo 'n == 4' > events/g/w/filter")
		change("echo 1 > events/g/w/enable")
		require.NoError(t, r.Finish(t.Context(), nil))
		require.Len(t, r.EventLines(), 1)
		require.Contains(t, r.EventLines()[0], "n=4")
		require.Contains(t, r.ProbeLines()[0], "hits 5")
		r.Machine.Restore(before)
	}
	_, err = r.File.ParseChange(0, "rmmod driver")
	require.ErrorContains(t, err, "in a scenario of a Linux program")
}

// What goes to descriptors 1 and 2 is shown as a terminal would.
func TestOutputKeepsItsOrder(t *testing.T) {
	write := func(fd int, text string) string {
		return fmt.Sprintf("mov $1,%%eax\nmov $%d,%%edi\nlea %s(%%rip),%%rsi\nmov $1,%%edx\nsyscall\n", fd, text)
	}
	text := "A program.\n-- machine --\narch x86_64\n-- linux --\n-- text.S --\n_start: " + write(2, "a") + write(1, "b") + write(2, "c") +
		"mov $60,%eax\nxor %edi,%edi\nsyscall\na: .ascii \"a\"\nb: .ascii \"b\"\nc: .ascii \"c\"\n-- check --\noutput \"abc\"\n"
	r := open(t, parse(t, text), scenario.Options{})
	require.NoError(t, r.Finish(t.Context(), nil))
	assert.Equal(t, "abc", r.Output())
	assert.Empty(t, r.Violations())
}

// Programs that do not come to an end of their own say why.
func TestHowProgramsEnd(t *testing.T) {
	const head = "A program.\n-- machine --\narch x86_64\n"
	for _, c := range []struct{ text, done, violated string }{
		{head + "-- linux --\n-- text.S --\n_start: mov $34,%eax\nsyscall\n", "every thread waits for another", props.NoDeadlock},
		{head + "memory 16K\n-- linux --\n-- text.S --\n_start: mov $60,%eax\nsyscall\n", "the bound on memory is reached", ""},
		{head + "steps 99\n-- text.S --\n_start: jmp _start\n-- uprobe_events --\np /prog:_start\n", "the bound of 99 steps is reached", ""},
		{head + "-- linux --\n-- text.S --\n_start: ud2\n", "killed by SIGILL", props.NoUnhandledTrap},
		{head + "-- linux --\n-- text.S --\n_start: mov $9,%edi\nmov $60,%eax\nsyscall\n", "exit 9", ""},
	} {
		r := open(t, parse(t, c.text), scenario.Options{})
		require.NoError(t, r.Finish(context.Background(), nil))
		assert.Equal(t, c.done, r.Done())
		if c.violated != "" {
			require.Len(t, r.Violations(), 1, "%v", r.Violations())
			assert.Equal(t, c.violated, r.Violations()[0].Property)
		} else {
			assert.Empty(t, r.Violations())
		}
		assert.Equal(t, c.done[:4] != "exit", len(r.Judge(true)) > 0, c.done)
	}
}
