package format

import (
	"fmt"
	"slices"
	"strings"

	"trapline/internal/x86"
)

// Task says where a vCPU starts.
//
//	"cpu" N ( "at" EXPR | "calls" call { "," call } ) { option }
//	call   = SYMBOL                              functions of ring 0 without arguments, one after the other
//	       | OPERATION "(" PROBE ")" | ( "insmod" | "rmmod" ) "(" MODULE ")"
//	       | "echo" STRING ( ">" | ">>" ) FILE   a write to a file of tracefs
//	OPERATION = "register" | "unregister" | "enable" | "disable" | "register_multiprobe" | "unregister_multiprobe"
//	option = "ring" ( "0" | "3" ) | "stack" EXPR | "flags" FLAG { "," FLAG }
//	       | "signals" ( "end" | "continue" ) | REGISTER "=" EXPR      no blanks around "="
type Task struct {
	CPU     int
	Pos     Pos
	At      Expr // node nil: Calls
	Calls   []TaskCall
	Ring    int
	Stack   *Expr // nil: a stack of its own
	Flags   []string
	Regs    []RegValue
	Signals string // what a signal does: "end" the task, or "continue" it
}

// TaskCall is a function that a task calls.
type TaskCall struct {
	Operation string // on Probe or Module, or Echo; "": a function of the scenario or the kernel
	Probe     string
	Module    string
	Symbol    string
	// Text goes to File of tracefs, behind what is there if Append is set.
	Text, File string
	Append     bool
	Pos        Pos
}

func (c *TaskCall) String() string {
	switch {
	case c.Operation == "":
		return c.Symbol
	case c.Operation == Echo && c.Append:
		return fmt.Sprintf("echo %q >> %s", c.Text, c.File)
	case c.Operation == Echo:
		return fmt.Sprintf("echo %q > %s", c.Text, c.File)
	}
	return c.Operation + "(" + c.Probe + c.Module + ")"
}

// Operations are the kernel's functions that take a probe, and those that take a
// module.
var (
	Operations = []string{"register", "unregister", "enable", "disable", "register_multiprobe", "unregister_multiprobe"}
	ModuleOps  = []string{Insmod, Rmmod}
)

// Operations of their own kind.
const (
	Insmod = "insmod"
	Rmmod  = "rmmod"
	Echo   = "echo"
)

// OnModule reports whether a module comes or goes by the call.
func (c *TaskCall) OnModule() bool { return slices.Contains(ModuleOps, c.Operation) }

// OnEvents reports whether the call is about the event files or modules.
func (c *TaskCall) OnEvents() bool { return c.Operation == Echo || c.OnModule() }

// MaxTaskCalls bounds the calls of one task.
const MaxTaskCalls = 32

// Name is what the task does: where it starts, or what it calls.
func (t *Task) Name() string {
	if t.At.Node != nil {
		return t.At.Node.String()
	}
	names := make([]string, len(t.Calls))
	for i := range t.Calls {
		names[i] = t.Calls[i].String()
	}
	return strings.Join(names, ", ")
}

// Operates reports whether the task registers or unregisters probes.
func (t *Task) Operates() bool {
	for i := range t.Calls {
		if t.Calls[i].Operation != "" {
			return true
		}
	}
	return false
}

// RegValue is a register with its first value.
type RegValue struct {
	Name  string
	Value Expr
	Pos   Pos
}

// TaskFlags are the flags that a task may start with, lowest bit first: those of
// virtual-8086 mode it has no use for.
var TaskFlags = taskFlags()

func taskFlags() (names []string) {
	for _, f := range slices.Backward(x86.FlagNames) {
		if f.Bit&(x86.VM|x86.VIF|x86.VIP) == 0 {
			names = append(names, f.Name)
		}
	}
	return names
}

func (f *File) parseTasks(lines []line) error {
	for _, l := range lines {
		if l.skipped() {
			continue
		}
		t, err := parseTask(&words{line: l}, f.Machine.Arch)
		if err != nil {
			return err
		}
		for _, other := range f.Tasks {
			if other.CPU == t.CPU {
				return t.Pos.errorAt("one task for each cpu", "a second task on cpu %d", t.CPU)
			}
		}
		f.Tasks = append(f.Tasks, t)
	}
	return nil
}

func parseTask(w *words, arch string) (t Task, err error) {
	t = Task{Pos: w.line.at(0), Signals: "end"}
	if err = w.keyword("cpu"); err != nil {
		return t, err
	}
	if t.CPU, err = w.integer("a cpu", 0, 7); err != nil {
		return t, err
	}
	start, err := w.choice("start", []string{"at", "calls"})
	if err != nil {
		return t, err
	}
	if start == "calls" {
		err = t.parseCalls(w)
	} else {
		t.At, err = w.expr("an address")
	}
	if err != nil {
		return t, err
	}
	for {
		x, more := w.peek()
		if !more {
			return t, nil
		}
		w.off = x.at + len(x.text)
		if err = t.parseOption(w, x, arch); err != nil {
			return t, err
		}
	}
}

// parseCalls reads the list of calls: a comma at a word's end says that
// another follows.
func (t *Task) parseCalls(w *words) error {
	for {
		x, err := w.next("a function, or an operation such as register(PROBE)")
		if err != nil {
			return err
		}
		text, more := strings.CutSuffix(x.text, ",")
		c := TaskCall{Symbol: text, Pos: w.line.at(x.at)}
		if op, arg, ok := strings.Cut(text, "("); ok {
			name, closed := strings.CutSuffix(arg, ")")
			c = TaskCall{Operation: op, Pos: c.Pos}
			switch {
			case slices.Contains(Operations, op) && closed:
				c.Probe = name
			case slices.Contains(ModuleOps, op) && closed:
				c.Module = name
			default:
				return c.Pos.errorAt(meant(op, slices.Concat(Operations, ModuleOps))+", with a probe or a module in parentheses", "unknown operation %q", text)
			}
		} else if text == Echo {
			if c, more, err = parseTaskEcho(w, c.Pos); err != nil {
				return err
			}
		}
		if t.Calls = append(t.Calls, c); len(t.Calls) > MaxTaskCalls {
			return c.Pos.errorAt(fmt.Sprintf("at most %d", MaxTaskCalls), "too many calls")
		}
		if !more {
			return nil
		}
	}
}

// parseTaskEcho takes what follows the word echo.
func parseTaskEcho(w *words, at Pos) (c TaskCall, more bool, err error) {
	c = TaskCall{Operation: Echo, Pos: at}
	if c.Text, err = w.quotedString("the text"); err != nil {
		return c, false, err
	}
	to, err := w.choice("arrow", []string{">", ">>"})
	if err != nil {
		return c, false, err
	}
	x, err := w.next("a file of tracefs, such as kprobe_events")
	c.Append = to == ">>"
	c.File, more = strings.CutSuffix(x.text, ",")
	return c, more, err
}

var taskOptions = []string{"ring", "stack", "flags", "signals"}

func (t *Task) parseOption(w *words, x word, arch string) (err error) {
	if name, _, ok := strings.Cut(x.text, "="); ok {
		if !isRegister(arch, name) {
			return w.line.at(x.at).errorAt(meant(name, generalRegisters(arch)), "unknown register %q", name)
		}
		off := x.at + len(name) + 1
		v, err := w.parseExpr(x.text[len(name)+1:], off)
		t.Regs = append(t.Regs, RegValue{name, v, w.line.at(x.at)})
		return err
	}
	switch x.text {
	case "ring":
		var ring string
		if ring, err = w.choice("ring", []string{"0", "3"}); ring == "3" {
			t.Ring = 3
		}
	case "stack":
		var s Expr
		s, err = w.expr("an address")
		t.Stack = &s
	case "flags":
		err = t.parseFlags(w)
	case "signals":
		t.Signals, err = w.choice("signal policy", []string{"end", "continue"})
	default:
		err = w.line.at(x.at).errorAt(meant(x.text, taskOptions)+", or REGISTER=VALUE", "unknown option %q", x.text)
	}
	return err
}

func (t *Task) parseFlags(w *words) error {
	x, err := w.next("flags such as IF,TF")
	if err != nil {
		return err
	}
	at := x.at
	for _, name := range strings.Split(x.text, ",") {
		if !slices.Contains(TaskFlags, name) {
			return w.line.at(at).errorAt(meant(name, TaskFlags), "unknown flag %q", name)
		}
		t.Flags = append(t.Flags, name)
		at += len(name) + 1
	}
	return nil
}
