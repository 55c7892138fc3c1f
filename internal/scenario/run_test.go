package scenario_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/asm"
	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/scenario"
	"trapline/internal/sched"
	"trapline/internal/story"
)

func parse(t *testing.T, text string) *scenario.File {
	t.Helper()
	f, err := scenario.LoadFS(fstest.MapFS{"s.txtar": {Data: []byte(text)}}, "s.txtar")
	require.NoError(t, err)
	return f
}

func open(t *testing.T, f *scenario.File, o scenario.Options) *scenario.Run {
	t.Helper()
	r, err := scenario.Open(context.Background(), f, o)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r
}

// tell runs to the end and returns every record as JSON.
func tell(t *testing.T, r *scenario.Run) []string {
	t.Helper()
	var lines []string
	require.NoError(t, r.Finish(context.Background(), func(ev *emu.Event) {
		b, err := json.Marshal(r.Names().Describe(ev))
		require.NoError(t, err)
		lines = append(lines, string(b))
	}))
	return lines
}

// TestS2SameRunEveryTime: every built-in scenario tells the same story twice,
// and again from a snapshot in its middle.
func TestS2SameRunEveryTime(t *testing.T) {
	for _, name := range scenario.Names() {
		t.Run(name, func(t *testing.T) {
			f, err := scenario.Load(name)
			require.NoError(t, err)
			first := tell(t, open(t, f, scenario.Options{}))
			r := open(t, f, scenario.Options{})
			for range len(first) / 2 {
				cpu, ok := r.Next()
				require.True(t, ok)
				r.Step(cpu)
			}
			middle := r.Machine.Snapshot()
			r.Names().Forget()
			rest := tell(t, r)
			violations, log := r.Violations(), r.Log()
			r.Machine.Restore(middle)
			r.Names().Forget()
			assert.Empty(t, r.Done())
			assert.Equal(t, rest, tell(t, r))
			assert.Equal(t, violations, r.Violations())
			assert.Equal(t, log, r.Log())
			assert.Len(t, first, len(first)/2+len(rest))
		})
	}
}

// TestEveryEngineRunsEveryLesson: no scenario fails to run under another
// engine than its own.
func TestEveryEngineRunsEveryLesson(t *testing.T) {
	for _, name := range scenario.Names() {
		f, err := scenario.Load(name)
		require.NoError(t, err)
		for _, engine := range f.Engines() {
			r, err := scenario.Open(context.Background(), f, scenario.Options{Engine: engine})
			if errors.Is(err, scenario.ErrNotPossible) {
				assert.NotEqual(t, f.Machine.Engine, engine)
				continue
			}
			require.NoError(t, err, "%s under %s", name, engine)
			require.NoError(t, r.Finish(context.Background(), nil), "%s under %s", name, engine)
			assert.NotEmpty(t, r.Done())
			r.Close()
		}
	}
}

func TestRecordsRoundTripAsJSON(t *testing.T) {
	f, err := scenario.Load("first-probe")
	require.NoError(t, err)
	for _, line := range tell(t, open(t, f, scenario.Options{})) {
		var r story.Record
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		again, err := json.Marshal(&r)
		require.NoError(t, err)
		require.Equal(t, line, string(again))
	}
}

const endless = `A loop that counts, so that no state comes back.
-- machine --
steps 1000
-- text.S --
main:	inc %eax
	jmp main
-- tasks --
cpu 0 at main
`

func TestStepBoundEndsARun(t *testing.T) {
	r := open(t, parse(t, endless), scenario.Options{})
	require.NoError(t, r.Finish(context.Background(), nil))
	assert.Equal(t, "the bound of 1000 steps is reached", r.Done())
	require.NotEmpty(t, r.Judge(true))
	assert.Equal(t, "the run did not end: the bound of 1000 steps is reached", r.Judge(true)[0].Text)
}

func TestContextEndsARun(t *testing.T) {
	f := parse(t, endless)
	f.Machine.Steps = format.MaxSteps
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	err := open(t, f, scenario.Options{}).Finish(ctx, nil)
	assert.True(t, errors.Is(err, scenario.ErrTime), "%v", err)
}

// TestBuildFlaws: what only building the machine can find has its place too.
func TestBuildFlaws(t *testing.T) {
	const start = "A flaw.\n-- text.S --\nmain:\tnop\n\thlt\n-- tasks --\ncpu 0 at main\n"
	for text, want := range map[string]string{
		start + "-- probes --\np at mian\n":                               `s.txtar:8:6: no symbol "mian"; expected "main" perhaps`,
		start + "-- probes --\np at main\nq at main\n":                    `s.txtar:9:6: probe q: the kernel refuses it with EEXIST; expected an address without a probe`,
		start + "-- probes --\np at 0x10\n":                               `s.txtar:8:6: probe p: no memory at 0x10; expected the address of an instruction`,
		start + "-- probes --\np at main\n  pre call nothing\n":           `s.txtar:9:7: no symbol "nothing"`,
		start + "-- machine --\nengine 2020\n":                            `s.txtar:8:8: engine "2020": expected one of none, 2002`,
		start + "-- machine --\ngate 200 dpl 3\n":                         `s.txtar:8:1: no gate 200; expected a vector that the kernel handles`,
		start + "-- machine --\nbase 0x123\n":                             `s.txtar:8:6: base address 0x123; expected a multiple of 4096`,
		start + "-- machine --\nmemory 64K\n":                             `s.txtar:7:1: kernel text: memory bound reached`,
		start + "-- memory --\nm at 0x9000 size 4 prot rw--\n  u32 1 2\n": `s.txtar:8:1: region m has more content than room; expected size 8 or more`,
		start + "-- memory --\nm at 0x9001 size 4 prot rw-- lazy\n":       `s.txtar:8:6: lazy region at 0x9001; expected a multiple of 4096`,
		start + "-- check --\nnever x: u32[tabel] == 1\n":                 `s.txtar:8:14: no symbol "tabel"`,
		start + "-- steps --\n> mem 4 at tabel\n":                         `s.txtar:8:12: no symbol "tabel"`,
		start + "-- text.lst --\nnonsense\n":                              `s.txtar:8:1: text.lst: `,
	} {
		f, err := scenario.LoadFS(fstest.MapFS{"s.txtar": {Data: []byte(text)}}, "s.txtar")
		require.NoError(t, err, text)
		r, err := scenario.Open(context.Background(), f, scenario.Options{})
		if err == nil {
			r.Close()
		}
		assert.ErrorContains(t, err, want, text)
	}
}

// TestK12DeadlockIsSeen: a spin that nobody can end is reported.
func TestK12DeadlockIsSeen(t *testing.T) {
	f := parse(t, `A handler that takes the probe's lock again.
-- text.S --
main:	nop
target:	nop
	ret
handler: pushl %ebx
	pushl $0
	call *register
	addl $4, %esp
	popl %ebx
	ret
-- memory --
register at 0x9000 size 4 prot rw--
	u32 register_kprobe
-- probes --
p at target
	pre call handler
-- tasks --
cpu 0 at main
-- check --
no-deadlock
`)
	r := open(t, f, scenario.Options{})
	require.NoError(t, r.Finish(context.Background(), nil))
	require.Len(t, r.Violations(), 1)
	assert.Equal(t, "no-deadlock", r.Violations()[0].Property)
	assert.Equal(t, "K12", r.Violations()[0].Row)
}

// TestMissingAssembler: a scenario without a listing says what to install.
func TestMissingAssembler(t *testing.T) {
	f := parse(t, endless)
	t.Setenv("PATH", t.TempDir())
	_, err := scenario.Open(context.Background(), f, scenario.Options{})
	require.ErrorIs(t, err, asm.ErrNoAssembler)
	assert.ErrorContains(t, err, "s.txtar")
	assert.ErrorContains(t, err, "binutils")
}

const twoCPUs = `Two vCPUs hit one probe.
-- machine --
cpus 2
-- text.S --
main:	nop
target:	lock incl counter
	ret
	.data
counter: .long 0
-- probes --
p at target
-- tasks --
cpu 0 at main
cpu 1 at main
-- check --
finally both: u32[counter] == 2
`

// TestS2ScheduleIsGivenBack: who took each step of a run, printed and parsed,
// makes the same run again; a changed scenario does not take it.
func TestS2ScheduleIsGivenBack(t *testing.T) {
	f := parse(t, twoCPUs)
	r := open(t, f, scenario.Options{})
	var s sched.Schedule
	var first []string
	see := func(r *scenario.Run, to *[]string) func(*emu.Event) {
		return func(ev *emu.Event) {
			b, err := json.Marshal(r.Names().Describe(ev))
			require.NoError(t, err)
			*to = append(*to, string(b))
		}
	}
	require.NoError(t, r.Follow(context.Background(), &sched.RoundRobin{Quantum: 7}, func(ev *emu.Event) {
		s.Append(ev.CPU, 1)
		see(r, &first)(ev)
	}))
	assert.Empty(t, r.Violations())

	again := open(t, f, scenario.Options{})
	parsed, err := sched.Parse(s.Format(r.Checksum()), again.Checksum())
	require.NoError(t, err)
	var second []string
	require.NoError(t, again.Follow(context.Background(), sched.NewReplay(parsed), see(again, &second)))
	assert.Equal(t, first, second)

	changed := open(t, parse(t, strings.Replace(twoCPUs, "nop", "cld", 1)), scenario.Options{})
	_, err = sched.Parse(s.Format(r.Checksum()), changed.Checksum())
	assert.ErrorIs(t, err, sched.ErrOtherScenario)
	relabelled := open(t, parse(t, strings.Replace(twoCPUs, "Two vCPUs", "Both vCPUs", 1)), scenario.Options{})
	assert.Equal(t, r.Checksum(), relabelled.Checksum(), "the lesson's words do not matter")
	wrong := sched.Of(0)
	wrong.Append(0, 100_000)
	assert.ErrorIs(t, relabelled.Follow(context.Background(), sched.NewReplay(wrong), func(*emu.Event) {}), scenario.ErrSchedule)
}
