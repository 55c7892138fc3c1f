// Package engines describes the generations of probes as data: a folder each, with
// engine.json beside the sources of its kernel. Whatever shows, compares or
// documents engines reads these descriptions and knows none by name.
package engines

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
)

// Files are the engines' folders, and shared, which has what several have in
// common.
//
//go:embed *
var Files embed.FS

// World is what kind of scenario an engine is for.
type World string

// The worlds. The kernel without probes is for both.
const (
	Kernel  World = "kernel"
	Program World = "program"
)

// Worlds lists them.
var Worlds = []World{Kernel, Program}

// HasKernelText reports whether the kernel of a world is guest text, or micro-steps
// that stand for it.
func (w World) HasKernelText() bool { return w == Kernel }

// Use is something that takes an engine when none is asked for.
type Use string

// What engines are taken for.
const (
	KernelScenarios  Use = "kernel scenarios"
	ProgramScenarios Use = "program scenarios"
	KernelCalls      Use = "kernel calls" // functions of a kernel image
)

// Engine describes one generation. Values are shared and not changed.
type Engine struct {
	Name   string   `json:"-"` // the folder's
	Worlds []World  `json:"worlds"`
	Since  string   `json:"since"`  // year and month
	Kernel string   `json:"kernel"` // that it stands for
	Files  []string `json:"files"`  // of that kernel, which the text follows
	About  string   `json:"about"`  // what is its own, in half a sentence without a subject

	Default    []Use     `json:"default"`
	Machinery  Machinery `json:"machinery"`
	InPlace    bool      `json:"inPlace"`    // the original instruction is stepped, its breakpoint out meanwhile
	Shares     bool      `json:"shares"`     // several plain probes may be at one address
	Multi      bool      `json:"multi"`      // multiprobes may be
	Returns    bool      `json:"returns"`    // there are return probes
	Analyzes   bool      `json:"analyzes"`   // what a program\'s probed instruction needs is known before it is hit
	Options    []Option  `json:"options"`    // variants
	Locks      []Lock    `json:"locks"`      // that a hit or registering takes; the first is what registering holds
	Gates      Gates     `json:"gates"`      // of the IDT
	Gates64    *Gates    `json:"gates64"`    // on x86-64, if they differ
	TrapCode   []string  `json:"trapCode"`   // traps.Traits: how entry code differs from 2.5.30's
	TrapCode32 []string  `json:"trapCode32"` // the same, on i386 only
	TrapCode64 []string  `json:"trapCode64"` // on x86-64 only
	// Stacks64 are the gates that lead to stacks of their own on x86-64: the IST's
	// number by the gate's name.
	Stacks64 map[string]uint8 `json:"stacks64"`
	Traps    Handlers         `json:"traps"` // who is asked about a program's traps
	Refuses  []Refusal        `json:"refuses"`

	Text   Text    `json:"text"`
	States []State `json:"states"` // of a hit's diagram, in the order of a hit
	Ways   []Way   `json:"ways"`   // between them
}

// Machinery names the Go code that gives the lines of an engine's text their
// meaning, or that is the engine where the kernel is Go. "": there are no probes.
type Machinery string

// The machineries.
const (
	InPlace     Machinery = "in place"     // one lock, the original is stepped
	Copies      Machinery = "copies"       // one lock, a copy is stepped
	PerCPU      Machinery = "per cpu"      // no lock on the hit path, a copy is stepped
	Slots       Machinery = "slots"        // a program's copy lies in a page of its own
	Stack       Machinery = "stack"        // on its stack
	StackCoded  Machinery = "stack, coded" // the same, with the defects of the patch's code
	UserInPlace Machinery = "user in place"
)

// Option is a variant of an engine, written behind its name: "2002+preempt-enable".
type Option struct {
	Name   string `json:"name"`
	About  string `json:"about"`
	Row    string `json:"row"`
	Defect bool   `json:"defect"` // it makes a mistake that the kernel does not make
	// Word is a word of the text that the option sets to 1, or "".
	Word string `json:"word"`
	// MicroSteps: direct mode has the option too. Else a run with it is on kernel
	// text alone.
	MicroSteps bool `json:"microSteps"`
	// Instead are the micro-steps that it exchanges for others.
	Instead map[string]string `json:"instead"`
	// TextSteps: kernel text sets a step up in direct mode too.
	TextSteps bool `json:"textSteps"`
	// Arch is the only architecture that it is for, and Because why; "": any.
	Arch    string `json:"arch"`
	Because string `json:"because"`
}

// LockKind is how a lock's word tells who holds it.
type LockKind string

// Kinds of locks.
const (
	SpinLock LockKind = "spinlock" // 0 free, else the owner's number plus one (K6)
	Mutex    LockKind = "mutex"    // the same; whoever waits sleeps (O4)
	RWLock   LockKind = "rwlock"   // readers, or a high bit plus the writer's number plus one (M4)
)

// Lock is a lock: a word of register width in guest memory.
type Lock struct {
	Name string   `json:"name"`
	Kind LockKind `json:"kind"`
	ID   string   `json:"row"` // SEMANTICS row of what goes wrong with it
}

// GateKind is a kind of gate: interrupt gates clear IF.
type GateKind string

// Kinds of gates. The zero value is a trap gate.
const (
	TrapGate      GateKind = "trap"
	InterruptGate GateKind = "interrupt"
)

// Gates are the gates of exceptions.
type Gates struct {
	Probes       GateKind `json:"probes"` // vectors 1 and 3
	Others       GateKind `json:"others"`
	UserDebug    bool     `json:"userDebug"`    // ring 3 may say int 1
	KernelBounds bool     `json:"kernelBounds"` // it may not say int 5
}

// Handlers are the functions of a kernel that is Go which take a program's int3
// and #DB.
type Handlers struct {
	Int3  string `json:"int3"`
	Debug string `json:"debug"`
}

// Refusal is something that registering a probe refuses.
type Refusal struct {
	What   string `json:"what"`
	Errno  string `json:"errno"`
	Row    string `json:"row"`
	Option string `json:"option"` // that refuses it, or ""
}

// Text is what the text of an engine's kernel is made of: files of Files, without
// what all kernels share.
type Text struct {
	// Assembly is NAME of NAME_i386.S and NAME_amd64.S.
	Assembly []string `json:"assembly"`
	C        []string `json:"c"`
	// OwnTraps: the trap handlers are among C, else they are those of 2.5.30.
	OwnTraps bool `json:"ownTraps"`
	// Flow is the control flow of a hit for direct mode; "": every hit runs as
	// text.
	Flow string `json:"flow"`
}

// State is a box of a hit's diagram.
type State struct {
	Phase Phase  `json:"Phase"`
	Name  string `json:"Name"`
	Does  string `json:"Does"`
	Side  bool   `json:"Side"` // beside the usual way
}

// Way is where hits go from a state.
type Way struct {
	From Phase   `json:"from"`
	To   []Phase `json:"to"`
	Why  string  `json:"why"` // where it is not plain
}

// Edge is one way from a state of a diagram to another.
type Edge struct {
	From Phase `json:"from"`
	To   Phase `json:"to"`
}

// Edges are the ways of the diagram, one by one.
func (e *Engine) Edges() []Edge {
	var l []Edge
	for _, w := range e.Ways {
		for _, to := range w.To {
			l = append(l, Edge{w.From, to})
		}
	}
	return l
}

// None reports whether the engine has no probes.
func (e *Engine) None() bool { return e.Machinery == "" }

// In reports whether the engine is for a world.
func (e *Engine) In(w World) bool { return slices.Contains(e.Worlds, w) }

// file is the embedded description of an engine.
const file = "engine.json"

// all are the engines by name, the kernel without probes first.
var all = sync.OnceValue(func() []*Engine {
	dirs, _ := Files.ReadDir(".")
	var l []*Engine
	for _, d := range dirs {
		b, err := Files.ReadFile(path.Join(d.Name(), file))
		if err != nil {
			continue // sources, or what engines share
		}
		e := &Engine{Name: d.Name()}
		dec := json.NewDecoder(bytes.NewReader(b))
		dec.DisallowUnknownFields()
		if err := dec.Decode(e); err != nil {
			panic(fmt.Sprintf("internal/engines/%s/%s: %v", e.Name, file, err)) // a test reads each
		}
		l = append(l, e)
	}
	slices.SortStableFunc(l, func(a, b *Engine) int { return min(len(a.Machinery), 1) - min(len(b.Machinery), 1) })
	return l
})

// All lists the engines of a world, the kernel without probes first.
func All(w World) []*Engine {
	var l []*Engine
	for _, e := range all() {
		if e.In(w) {
			l = append(l, e)
		}
	}
	return l
}

// Names lists the names of the engines of a world.
func Names(w World) []string {
	var l []string
	for _, e := range All(w) {
		l = append(l, e.Name)
	}
	return l
}

// Probing lists the names of the engines of a world that have probes.
func Probing(w World) []string { return Names(w)[1:] }

// Without is the kernel without probes.
func Without() *Engine {
	return all()[slices.IndexFunc(all(), (*Engine).None)]
}

// For is the engine that a use takes when none is asked for.
func For(u Use) *Engine {
	for _, e := range all() {
		if slices.Contains(e.Default, u) {
			return e
		}
	}
	panic("no engine for " + u) // a test asks for each
}

// Of describes the engine of a name that may be followed by options, or nil.
func Of(name string) *Engine {
	name, _, _ = strings.Cut(name, "+")
	for _, e := range all() {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// Direct reports whether direct mode has micro-steps for an engine, and for all the
// options behind its name. Else its text is all there is, and runs instead.
func Direct(name string) bool {
	e, chosen, err := Parse(Kernel, name)
	return err == nil && (e.None() || e.Text.Flow != "") && !slices.ContainsFunc(chosen, func(o Option) bool { return !o.MicroSteps })
}

// Options lists the options of a world's engines, as "ENGINE+OPTION", sorted.
func Options(w World) []string {
	var l []string
	for _, e := range All(w) {
		for _, o := range e.Options {
			l = append(l, e.Name+"+"+o.Name)
		}
	}
	slices.Sort(l)
	return l
}

// Parse finds the engine and the options of "NAME+OPTION+..." in a world.
func Parse(w World, s string) (*Engine, []Option, error) {
	name, rest, plus := strings.Cut(s, "+")
	e := Of(name)
	if e == nil || !e.In(w) {
		return nil, nil, fmt.Errorf("engine %q: expected one of %s", name, strings.Join(Names(w), ", "))
	}
	if plus && rest == "" {
		return nil, nil, fmt.Errorf("engine %q: expected an option behind +: one of %s", s, strings.Join(Options(w), ", "))
	}
	var chosen []Option
	for _, name := range strings.FieldsFunc(rest, func(r rune) bool { return r == '+' }) {
		i := slices.IndexFunc(e.Options, func(o Option) bool { return o.Name == name })
		if i < 0 {
			return nil, nil, fmt.Errorf("engine %s has no option %q: expected one of %s", e.Name, name, strings.Join(Options(w), ", "))
		}
		chosen = append(chosen, e.Options[i])
	}
	return e, chosen, nil
}
