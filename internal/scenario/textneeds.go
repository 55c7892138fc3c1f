package scenario

import (
	"fmt"
	"sync/atomic"

	"trapline/internal/emu"
	"trapline/internal/expr"
	"trapline/internal/scenario/world"
)

// Micro-steps show the same as the kernel's text as long as nobody looks at the
// text itself, or at a vCPU between two accesses that others can see. Where somebody
// may, runs and searches go through the text.

// hiddenByMicroSteps says what of the scenario only the text of the kernel can come
// to, or "": direct mode would be wrong.
func (r *Run) hiddenByMicroSteps() string {
	if why := r.world.HiddenByMicroSteps(); why != "" {
		return why
	}
	for _, x := range r.interrupts {
		if x.placed && r.world.InKernelText(x.at) {
			return fmt.Sprintf("an interrupt comes at a place of kernel text (%s)", r.names.Addr(x.at))
		}
	}
	return ""
}

// looksIntoSteps says which condition or property of the file can tell one instruction
// of the kernel's from the next, or "": it is judged after each step, and registers
// change with each instruction. Go code sees the step itself.
func looksIntoSteps(f *File) string {
	for _, p := range f.Check {
		if p.Cond == nil || p.When == "finally" {
			continue
		}
		if readsRegisters(p.Cond.Node) {
			return fmt.Sprintf("condition %s reads registers", p.Name)
		}
	}
	for i := range f.properties {
		if f.properties[i].Step != nil {
			return fmt.Sprintf("property %s judges steps", f.properties[i].Name)
		}
	}
	return ""
}

// readsRegisters reports whether an expression reads any.
func readsRegisters(n expr.Node) (reads bool) {
	expr.Walk(n, func(n expr.Node) {
		_, register := n.(*expr.Register)
		reads = reads || register
	})
	return reads
}

// stepEnv is the environment of a condition that is judged after each step of a search.
// In direct mode it notes a look at a kernel stack: below a trap frame lie words that
// only text puts there.
type stepEnv struct {
	world.Env
	run  *Run
	need *textNeed
	name string
}

// Memory reads as Env does.
func (e stepEnv) Memory(addr uint64, size int) (uint64, error) {
	if e.run.Options.Direct && e.run.world.InKernelStack(addr) {
		e.need.note(fmt.Sprintf("condition %s reads a kernel stack", e.name))
	}
	return e.Env.Memory(addr, size)
}

// noteTextWrites notes a step that writes into kernel text, which direct mode does not
// run.
func (r *Run) noteTextWrites(n *textNeed, ev *emu.Event) {
	for i := range ev.Writes {
		if r.world.InKernelText(ev.Writes[i].Addr) {
			n.note("kernel text is written to")
			return
		}
	}
}

// textNeed is what a run in direct mode came upon that only kernel text shows. The
// systems of a search share one.
type textNeed struct{ why atomic.Pointer[string] }

func (n *textNeed) note(why string) { n.why.CompareAndSwap(nil, &why) }

func (n *textNeed) String() string {
	if why := n.why.Load(); why != nil {
		return *why
	}
	return ""
}
