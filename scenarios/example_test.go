package scenarios_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"strings"
	"testing"
	"testing/fstest"

	"trapline/scenarios"
)

// load finds a scenario of the library.
func load(name string) *scenarios.File {
	f, err := scenarios.Load(name)
	if err != nil {
		log.Fatal(err)
	}
	return f
}

// A built-in scenario runs to its end; its probe was hit once.
func Example() {
	f, err := scenarios.Load("first-probe")
	if err != nil {
		log.Fatal(err)
	}
	r, err := scenarios.Open(context.Background(), f, scenarios.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	if err := r.Finish(context.Background(), nil); err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Done())
	for _, p := range r.Probes() {
		fmt.Println(p.Name, "at", p.At, "is", p.State, "after", p.Hits, "hit")
	}
	for _, line := range r.Log() {
		fmt.Println(line)
	}
	fmt.Println(r.Violations(), r.Failures())
	// Output:
	// cpu0: task finished
	// entry at target is armed after 1 hit
	// entry pre on cpu0: before the add %eax=0x1
	// entry post on cpu0: after the add %eax=0x6
	// [] []
}

// Events say what each step did: here the traps, and what the scenario's own
// code did to a register.
func ExampleRun_Step() {
	r, err := scenarios.Open(context.Background(), load("first-probe"), scenarios.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	for r.Step() {
		ev := r.Event()
		if v, ok := ev.Vector(); ok {
			eax, err := r.Eval(0, "%eax")
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("vector %d at %s, eax %d\n", v, ev.Place(), eax)
		}
	}
	if r.Err() != nil {
		log.Fatal(r.Err())
	}
	var code [5]byte
	target, err := r.Eval(0, "target")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d bytes at %s: % x\n", r.Read(0, target, code[:]), r.Place(target), code)
	// Output:
	// vector 3 at target, eax 1
	// vector 1 at target+0x3, eax 6
	// 5 bytes at target: cc c0 05 c3 00
}

// An event is told in words, and as the JSON of `trapline run --json`.
func ExampleEvent() {
	r, err := scenarios.Open(context.Background(), load("first-probe"), scenarios.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	if !r.Step() {
		log.Fatal(r.Err())
	}
	ev := r.Event()
	data, err := json.Marshal(ev)
	if err != nil {
		log.Fatal(err)
	}
	var object struct {
		V        int
		At, Text string
	}
	if err := json.Unmarshal(data, &object); err != nil {
		log.Fatal(err)
	}
	fmt.Println(ev.Kind(), ev.CPU(), ev.Text())
	fmt.Println(object.V, object.At, object.Text)
	// Output:
	// instruction 0 mov $0x1,%eax
	// 1 main mov $0x1,%eax
}

// A program can decide itself who takes the next step. A move that the machine
// cannot make is refused.
func ExampleRun_StepCPU() {
	r, err := scenarios.Open(context.Background(), load("smp-missed-probe"), scenarios.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	for r.Can(1) {
		if err := r.StepCPU(1); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(r.StepCPU(1))
	for r.Can(0) {
		if err := r.StepCPU(0); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(r.Probes()[0].Hits, "hits,", r.Probes()[0].Missed, "missed")
	fmt.Println(r.StepCPU(0))
	// Output:
	// no such step now: cpu1 cannot go on
	// 2 hits, 0 missed
	// no such step now: the run is over: cpu0: task finished; cpu1: task finished
}

// A search covers every schedule, or finds one that violates a property.
func ExampleSearch() {
	f := load("smp-missed-probe")
	for _, engine := range []string{"2002", "2005"} {
		x, err := scenarios.Search{Engine: engine}.Do(context.Background(), f)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(engine, x.Exhausted)
		if x.Found != nil {
			fmt.Println(x.Found.Property, x.Found.Row, x.Found.Switches, x.Found.Schedule)
		} else {
			fmt.Println(x.Verdict)
		}
	}
	// Output:
	// 2002 false
	// no-missed-probe K11 1 t2.5def6c.0x11,1
	// 2005 true
	// exhausted: every schedule (no bound on preemptions; sequentially consistent memory; instructions indivisible)
}

// A schedule that was found is run again.
func ExampleSearch_replay() {
	f := load("smp-missed-probe")
	x, err := scenarios.Search{}.Do(context.Background(), f)
	if err != nil {
		log.Fatal(err)
	}
	r, err := scenarios.Open(context.Background(), f, x.Found.Options)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	err = r.Finish(context.Background(), func(ev *scenarios.Event) {
		for _, n := range ev.Notes() {
			fmt.Printf("cpu%d %s: %s at %s\n", ev.CPU(), ev.Place(), n.Kind, r.Place(n.Addr))
		}
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range r.Violations() {
		fmt.Println(v.Property, v.Row)
	}
	// Output:
	// cpu0 direct_step: hit at target
	// cpu1 target: missed at target
	// no-missed-probe K11
}

// A schedule that was found is kept in the file, for Test and trapline check to judge.
func ExampleFile_Pin() {
	f := load("smp-missed-probe")
	x, err := scenarios.Search{}.Do(context.Background(), f)
	if err != nil {
		log.Fatal(err)
	}
	if err := f.Pin(x.Found); err != nil {
		log.Fatal(err)
	}
	_, kept, _ := strings.Cut(string(f.Bytes()), "-- schedule --\n")
	fmt.Print(kept)
	fsys := fstest.MapFS{"mine.txtar": {Data: f.Bytes()}}
	fmt.Println(testing.RunTests(func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "TestScenarios", F: func(t *testing.T) { scenarios.Test(t, fsys) }}}))
	// Output:
	// t2.5def6c.0x11,1 violates no-missed-probe K11
	// true
}

// Registers and memory are changed between two steps: here the argument of the probed
// addition.
func ExampleRun_Set() {
	r, err := scenarios.Open(context.Background(), load("first-probe"), scenarios.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	r.Step()
	if err := r.Set(0, "%eax", 41); err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Set(0, "%cs", 0))
	if err := r.Finish(context.Background(), nil); err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Log()[0])
	fmt.Println(r.Eval(0, "%eax"))
	// Output:
	// "%cs": %cs cannot be set; expected a general register, the instruction pointer, the flags or one of them
	// entry pre on cpu0: before the add %eax=0x29
	// 46 <nil>
}

// An exhausted search says whether its verdict holds on a processor with store buffers
// too. It does not where each of two vCPUs stores, and then loads what the other stores.
func ExampleSearched() {
	each := `Each vCPU stores, then loads what the other one stores
-- machine --
arch i386
cpus 2
-- text.S --
one:	movl $1, x
	movl y, %eax
	movl %eax, a
	ret
two:	movl $1, y
	movl x, %eax
	movl %eax, b
	ret
	.data
x:	.long 0
y:	.long 0
a:	.long 0
b:	.long 0
-- tasks --
cpu 0 at one
cpu 1 at two
-- check --
finally one-is-seen: u32[a] + u32[b]
`
	for _, text := range []string{each, strings.ReplaceAll(each, "movl $1, ", "lock incl ")} {
		f, err := scenarios.LoadFS(fstest.MapFS{"each.txtar": {Data: []byte(text)}}, "each.txtar")
		if err != nil {
			log.Fatal(err)
		}
		x, err := scenarios.Search{}.Do(context.Background(), f)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(x.Exhausted, x.HoldsUnderTSO)
	}
	// Output:
	// true false
	// true true
}

// A handler in Go takes the place of the file's actions: this one makes the
// probed function add to another number.
func ExampleFile_Handle() {
	f := load("first-probe")
	err := f.Handle("entry", "pre", func(h *scenarios.Hit) {
		eax, err := h.Eval("%eax")
		if err != nil {
			h.Log(err.Error())
			return
		}
		if err := h.Set("%eax", eax+100); err != nil {
			h.Log(err.Error())
		}
		h.Log(fmt.Sprintf("eax was %d", eax))
	})
	if err != nil {
		log.Fatal(err)
	}
	r, err := scenarios.Open(context.Background(), f, scenarios.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	if err := r.Finish(context.Background(), nil); err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Log()[0])
	fmt.Println(r.Eval(0, "%eax"))
	// Output:
	// entry pre on cpu0: eax was 1
	// 106 <nil>
}

// A property in Go judges steps, with a word of state, and the end. This one
// finds a schedule in which cpu1 is hit before cpu0.
func ExampleFile_Check() {
	f := load("smp-missed-probe")
	err := f.Check(scenarios.Property{
		Name:  "in-order",
		Words: 1,
		Step: func(v *scenarios.View, ev *scenarios.Event) string {
			if vector, ok := ev.Vector(); !ok || vector != 3 {
				return ""
			}
			if ev.CPU() == 1 && v.Get(0) == 0 {
				return "cpu1 trapped before cpu0"
			}
			if ev.CPU() == 0 {
				v.Set(0, 1)
			}
			return ""
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	err = f.Check(scenarios.Property{
		Name: "two-hits",
		End: func(v *scenarios.View) string {
			n, err := v.Eval("hits(entry)")
			if err != nil {
				return err.Error()
			}
			if n != 2 {
				return fmt.Sprintf("%d hits, expected 2", n)
			}
			return ""
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	x, err := scenarios.Search{Engine: "2005"}.Do(context.Background(), f)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(x.Found.Violation)
	// Output:
	// in-order: cpu1 trapped before cpu0
}

// One line runs a folder of scenarios in a go test. Usually fsys is
// os.DirFS("testdata").
func ExampleTest() {
	fsys := fstest.MapFS{"mine.txtar": {Data: load("first-probe").Bytes()}}
	TestScenarios := func(t *testing.T) { scenarios.Test(t, fsys) }
	ran := testing.RunTests(func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "TestScenarios", F: TestScenarios}})
	fmt.Println(ran)
	// Output:
	// true
}

// One line searches every schedule of each: under the engine that misses
// nothing, all hold.
func ExampleExplore() {
	fsys := fstest.MapFS{"mine.txtar": {Data: load("smp-missed-probe").Bytes()}}
	TestSchedules := func(t *testing.T) { scenarios.Explore(t, fsys, scenarios.Search{Engine: "modern"}) }
	ran := testing.RunTests(func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "TestSchedules", F: TestSchedules}})
	fmt.Println(ran)
	// Output:
	// true
}

// Flaws of a file come with their place.
func ExampleError() {
	text := "A title of at least so many letters\n-- machine --\narch i386\ncpus many\n"
	_, err := scenarios.LoadFS(fstest.MapFS{"mine.txtar": {Data: []byte(text)}}, "mine.txtar")
	var flaw *scenarios.Error
	if errors.As(err, &flaw) {
		fmt.Println(flaw.Line, flaw.Col)
	}
	fmt.Println(err)
	// Output:
	// 4 6
	// mine.txtar:4:6: unexpected "many"; expected a number of cpus from 1 to 8
}
