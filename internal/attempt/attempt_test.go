package attempt

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/scenario"
)

func loaded(t *testing.T, name string) *scenario.File {
	t.Helper()
	f, err := scenario.Load(name)
	require.NoError(t, err)
	return f
}

func goalsOf(t *testing.T, texts ...string) (list []Goal) {
	t.Helper()
	for _, x := range texts {
		g, err := ParseGoal(x)
		require.NoError(t, err, x)
		list = append(list, g)
	}
	return list
}

// untilOut is how many steps cpu0 takes, as the UI takes them, until its
// breakpoint is out.
func untilOut(t *testing.T) int {
	t.Helper()
	f := loaded(t, "smp-missed-probe")
	r, err := scenario.Open(t.Context(), f, scenario.Options{})
	require.NoError(t, err)
	defer r.Close()
	target := r.Machine.CPUs[0].RIP
	for n := 1; n < 1000; n++ {
		r.Step(0)
		var b [1]byte
		require.Equal(t, 1, r.Machine.Look().Peek(0, target, b[:]))
		if n > 1 && b[0] != 0xcc {
			return n
		}
	}
	t.Fatal("the breakpoint is never out")
	return 0
}

// Answers of every kind are run, and a wrong one is told what the machine showed.
func TestAnswersAreJudgedByTheMachine(t *testing.T) {
	schedule := Task{Kind: Schedule, Goals: goalsOf(t, "violates no-missed-probe", "at most 1 switch")}
	few := Task{Kind: Schedule, Goals: goalsOf(t, "violates no-missed-probe", "at most 12 steps")}
	engine := Task{Kind: Engine, Goals: goalsOf(t, "holds no-lost-rearm", "finally hits(outer) == 1")}
	probe := Task{Kind: Probe, Handlers: []string{"pre set %eax 7"}, Goals: goalsOf(t, "finally %eax == 12", "always hits(yours) < 2")}
	event := Task{Kind: Event, Goals: goalsOf(t, "shows cat trace => way=5")}
	edit := Task{Kind: Edit, Places: []string{"%ecx", "u8[ to+1 ]"}, Goals: goalsOf(t, "finally hits(copy) == 5")}
	once := Task{Kind: Edit, Goals: goalsOf(t, "once %ebx == 77", "never %ebx == 78")}
	traps := Task{Kind: Engine, Goals: goalsOf(t, "at most 1 traps", "finally %eax == 6", "at most 400 steps", "always hits(entry) < 2")}
	program := Task{Kind: Event, Goals: goalsOf(t, "shows trace => di=9", "shows exit => exit 9")}
	user := Task{Kind: Edit, Goals: goalsOf(t, "violates exit")}
	found, err := schedule.search(t.Context(), loaded(t, "smp-missed-probe"), "", explore.Options{})
	require.NoError(t, err)
	version, runs := found[:strings.LastIndex(found, ".")+1], found[strings.LastIndex(found, ".")+1:]
	out := untilOut(t)
	shown := fmt.Sprintf("0x%d,1x2", out)
	for _, c := range []struct {
		task             *Task
		scenario, answer string
		saw              string // a part of it; "": the answer is right
	}{
		{&schedule, "smp-missed-probe", found, ""},
		{&schedule, "smp-missed-probe", runs, `no-missed-probe held; the run ended after`}, // of the steps of the kernel's text
		{&schedule, "smp-missed-probe", shown, ""},
		{&schedule, "smp-missed-probe", version + "1," + runs, "it took 2 switches, and at most 1 were asked for"},
		{&schedule, "smp-missed-probe", "0x5,7", "the schedule does not fit the run"},
		{&schedule, "smp-missed-probe", "0x1,1", "column 3 of the answer: 1 steps; expected 2 or more"},
		{&schedule, "smp-missed-probe", "t2.123456.0", "schedule of another scenario"},
		{&schedule, "smp-missed-probe", "  ", "an empty answer; expected a schedule"},
		{&few, "smp-missed-probe", found, ""},
		{&few, "smp-missed-probe", shown, fmt.Sprint("it took ", out+2, " steps, and at most 12 were asked for")},
		{&engine, "reentry-lost", "modern", ""},
		{&engine, "reentry-lost", "2005", "violated: no-lost-rearm: probe inner at lookup"},
		{&engine, "reentry-lost", "none", `"hits(outer) == 1" is false at the end: hits(outer) = 0x0 (0)`},
		{&engine, "reentry-lost", "2004", `engine "2004": expected one of none, 2002`},
		{&probe, "first-probe", "main+5", ""},
		{&probe, "first-probe", "main", `is false at the end: %eax = 0x6 (6)`},
		{&probe, "first-probe", "main+", "column 6 of the answer: "},
		{&probe, "first-probe", "mainn", `column 1 of the answer: no symbol "mainn"; expected "main" perhaps`},
		{&probe, "first-probe", "main\n\tpre set %eax 12", "an answer of several lines"},
		{&event, "kretprobe", "r:my/way half way=$retval:u32", ""},
		{&event, "kretprobe", "p:my/way half way=$retval:u32", "$retval"},
		{&event, "kretprobe", "r:my/way half", `"cat trace" shows `},
		{&edit, "rep-and-tf", "until target; set %ecx 5", ""},
		{&edit, "rep-and-tf", "until target; set %ecx 4", "hits(copy) = 0x4 (4)"},
		{&edit, "rep-and-tf", "until target; set %esi 5", "%esi is not to be set here: only %ecx or u8[ to+1 ]"},
		{&edit, "rep-and-tf", "set u8[to+1] 5", "hits(copy) = 0x3 (3)"},
		{&edit, "rep-and-tf", "until target", "there are 0 changes of the machine"},
		{&edit, "rep-and-tf", "set %ecx 1; set %ecx 5", "there are 2 changes of the machine"},
		{&edit, "rep-and-tf", "set %ecx 5; run", `"run" is neither a move nor a change`},
		{&edit, "rep-and-tf", "go 1; set %ecx 5", "column 1 of the answer: actor 1 cannot go on after 0 steps; expected one of [0]"},
		{&edit, "rep-and-tf", "until target; set %exx 5", "column 19 of the answer: unknown register %exx"},
		{&once, "rep-and-tf", "set %ebx 77", ""},
		{&once, "rep-and-tf", "set %ebx 78", `"%ebx == 77" was true after no step; "%ebx == 78" did not stay false`},
		{&traps, "first-probe", "none", ""},
		{&traps, "first-probe", "2005", "it took 2 traps, and at most 1 were asked for"},
		{&program, "xol-slot", "p:after /prog:through+2 di=%di:s32", ""},
		{&program, "xol-slot", "p:after /prog:through di=%di:s32", `"trace" shows `},
		{&user, "callw-intel-amd", "until callw; set %rip intel", ""},
		{&user, "callw-intel-amd", "until callw; set %rbx 1", "exit held; the run ended after"},
	} {
		f := loaded(t, c.scenario)
		r, err := c.task.Judge(t.Context(), f, "", c.answer)
		require.NoError(t, err)
		assert.Equal(t, c.saw == "", r.Right, "%s: %s", c.answer, r.Saw)
		assert.Contains(t, r.Saw, c.saw, c.answer)
	}
}

func TestTasksAreProved(t *testing.T) {
	for _, c := range []struct {
		name, scenario string
		task           Task
		flaw           string // a part; "": none
	}{
		{"a search solves it", "smp-missed-probe", Task{Kind: Schedule, Goals: goalsOf(t, "violates no-missed-probe", "at most 1 switch")}, ""},
		{"of a condition", "smp-missed-probe", Task{Kind: Schedule, Goals: goalsOf(t, "finally hits(entry) == 1")}, ""},
		{"of a moment", "smp-missed-probe", Task{Kind: Schedule, Goals: goalsOf(t, "once u8[target] != 0xcc && %eip@1 == target && %eip@0 == target")}, ""},
		{"solved already", "first-probe", Task{Kind: Engine, Goals: goalsOf(t, "finally %eax == 6"), Solution: "modern"}, "solved by doing nothing"},
		{"a wrong solution", "first-probe", Task{Kind: Engine, Goals: goalsOf(t, "finally %eax == 7"), Solution: "modern"}, "the solution, modern, is refused: "},
		{"no schedule", "smp-missed-probe", Task{Kind: Schedule, Goals: goalsOf(t, "finally hits(entry) == 3")}, "a search does not solve it: no schedule for "},
		{"too few switches", "multiprobe-abba", Task{Kind: Schedule, Goals: goalsOf(t, "violates no-deadlock", "at most 0 switches")}, "what a search finds, t2."},
	} {
		f := loaded(t, c.scenario)
		_, err := c.task.Check(f)
		require.NoError(t, err, c.name)
		flaws, err := c.task.Prove(t.Context(), f, "", explore.Options{})
		require.NoError(t, err, c.name)
		if c.flaw == "" {
			require.Empty(t, flaws, c.name)
			continue
		}
		require.Len(t, flaws, 1, c.name)
		require.Contains(t, flaws[0], c.flaw)
	}
}

// What is stopped is no wrong answer.
func TestAStoppedJudgementIsNone(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	task := Task{Kind: Edit, Goals: goalsOf(t, "finally hits(deep) == 64")}
	_, err := task.Judge(ctx, loaded(t, "uretprobe-recursion-longjmp"), "", "until deep; set %rdi 63")
	require.ErrorIs(t, err, scenario.ErrTime)
}

func TestGoalsThatAreNone(t *testing.T) {
	for _, c := range []struct {
		text string
		at   int
		want string
	}{
		{"solves it", 0, `goal "solves"; expected "violates" or "holds"`},
		{"violates", 8, "the name of a property"},
		{"violates a b", 9, "the name of a property"},
		{"finally", 7, "no expression; expected one, such as"},
		{"at most", 0, `"at most" N`},
		{"at most five steps", 3, `bound "five"; expected a number`},
		{"at most 5 cups", 3, `measure "cups"; expected one of steps, switches, traps`},
		{"shows cat trace", 6, `a directive, " => "`},
	} {
		_, err := ParseGoal(c.text)
		require.ErrorContains(t, err, c.want, c.text)
		require.Equal(t, c.at, err.(*Flaw).At, c.text)
	}
}

// Flaws of a task have the place in the goal's or the solution's text.
func TestFlawsOfTasks(t *testing.T) {
	for _, c := range []struct {
		task Task
		goal int
		at   int
		want string
	}{
		{Task{Kind: Engine, Solution: "2005", Goals: goalsOf(t, "finally %eax ==")}, 0, 15, "unexpected"},
		{Task{Kind: Engine, Solution: "2005", Goals: goalsOf(t, "finally hits(nobody) == 1")}, 0, 8, `no probe "nobody"`},
		{Task{Kind: Engine, Solution: "2005", Goals: goalsOf(t, "shows cot trace => x")}, 0, 6, `unknown directive "cot"`},
		{Task{Kind: Engine, Solution: "2005", Goals: goalsOf(t, "violates no-missed-prob")}, 0, 9, "no-missed-prob"},
		{Task{Kind: Engine, Solution: "2005", Goals: goalsOf(t, "at most 1 switch")}, 0, 3, "give: schedule"},
		{Task{Kind: Edit, Solution: "set %eax 1", Goals: goalsOf(t, "at most 1 trap")}, 0, 3, "another kind of answer"},
		{Task{Kind: Engine, Goals: goalsOf(t, "holds transparency")}, -1, 0, "a line solution:"},
		{Task{Kind: Schedule, Goals: goalsOf(t, "holds transparency")}, -1, 0, "a line solution:"},
		{Task{Kind: Edit, Places: []string{"%%"}, Goals: goalsOf(t, "holds transparency")}, -1, 0, `the place "%%"`},
		{Task{Kind: Probe, Solution: "main+5", Goals: goalsOf(t, "finally hits(mine) == 1")}, 0, 8, `no probe "mine"; expected one of entry, yours`},
		{Task{Kind: Probe, Solution: "main+", Goals: goalsOf(t, "finally hits(yours) == 1")}, -1, 5, "unexpected"},
		{Task{Kind: Edit, Goals: goalsOf(t, "holds transparency"), Solution: "until main; sat %eax 1"}, -1, 12, `unknown directive "sat"`},
	} {
		goal, err := c.task.Check(loaded(t, "first-probe"))
		require.ErrorContains(t, err, c.want)
		require.Equal(t, c.goal, goal, c.want)
		require.Equal(t, c.at, err.(*Flaw).At, c.want)
	}
}
