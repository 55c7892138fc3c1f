package judge

import (
	"fmt"
	"slices"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// Bounds of one watched run.
const (
	maxLines = 300 // where what happens before the end is compared
	maxSteps = 60_000
	maxSpins = 4
)

// watch is a run of vCPU 0 as one can see it from outside of kernel text: what
// ran, was delivered, and was handed to handlers, line by line.
type watch struct {
	*side
	p      *program
	lines  []string
	bound  int                       // on lines
	raise  map[uint64]x86.Vector     // interrupts to come, by where the vCPU stands
	during map[x86.Vector]x86.Vector // others, by the vector that they follow
	hits   []int                     // pre-handlers called, by probe
	inner  []uint64                  // esp at the entry of each handler that has not returned
}

func (w *watch) say(format string, args ...any) {
	w.lines = append(w.lines, fmt.Sprintf(format, args...))
}

// kernelText tells the text that differs between the sides.
func (s *side) kernelText(at uint64) bool { return at >= s.k.Layout.Text && at < s.k.Layout.Data }

// run steps vCPU 0 to its end and describes how it ended.
func (w *watch) run() {
	c := w.m.CPUs[0]
	w.hits = make([]int, len(w.p.probes))
	inside := false // kernel text
	spins := 0
	for range maxSteps {
		if c.Shutdown != "" || len(w.lines) >= w.bound || spins == maxSpins || w.m.Err() != nil {
			break
		}
		for len(w.inner) > 0 && (c.CPL == 3 || c.GPR[x86.RSP] > w.inner[len(w.inner)-1]) {
			w.inner = w.inner[:len(w.inner)-1]
		}
		pc := c.LinearPC()
		if vec, ok := w.raise[pc]; ok {
			c.RaiseInterrupt(vec)
			delete(w.raise, pc)
		}
		if now := w.kernelText(pc); now != inside {
			inside = now
			if !now {
				w.arrive(c, pc)
			}
		}
		core := c.Core
		ev := w.m.Step(0)
		if w.g != nil {
			w.g.Observe(ev)
		}
		w.event(ev, &core, inside)
		if d := ev.Delivery; d != nil {
			if vec, ok := w.during[d.Trap.Vector]; ok {
				c.RaiseInterrupt(vec)
				delete(w.during, d.Trap.Vector)
			}
		}
		if spins++; ev.Kind != emu.StepSpin {
			spins = 0
		}
	}
	switch {
	case w.m.Err() != nil:
		w.say("machine: %v", w.m.Err())
	case spins == maxSpins:
		w.say("spins for %s, IF %v", w.m.Event().Micro.Holds, c.RFLAGS&x86.IF != 0)
	case c.Shutdown == "":
		w.say("goes on")
	}
	w.lines = append(w.lines, w.ended(w.p, spins == maxSpins)...)
}

// arrive says how things stand when kernel text is left: to a handler, or back.
func (w *watch) arrive(c *emu.CPU, pc uint64) {
	w.say("at %s: %s", w.p.place(pc), w.state(0))
	sp := c.GPR[x86.RSP]
	inner := len(w.inner) > 0
	if !w.p.isHandler(pc) || inner && w.inner[len(w.inner)-1] == sp { // back at its start, from a trap
		return
	}
	w.inner = append(w.inner, sp)
	i, ok := w.probeAt(uint64(w.peek(sp + 4)))
	at := uint64(w.peek(sp + 8))
	if !ok || i >= len(w.p.probes) {
		w.say("a handler gets no probe")
		return
	}
	q := w.p.probes[i]
	arg := ""
	if pc != q.pre {
		arg = fmt.Sprintf(" %d", w.peek(sp+12))
	} else {
		w.hits[i]++
	}
	w.say("handler of p%d%s: %s", i, arg, w.frame(at, inner))
}

// frame is struct pt_regs. Registers of code inside of a hit, and flags but TF
// and IF, are what kernel text left in them.
func (w *watch) frame(at uint64, inside bool) string {
	cs := w.peek(at+44) & 0xffff
	var b strings.Builder
	for i := range 15 {
		name, _ := traps.PtRegsName(x86.I386, uint64(4*i))
		v := uint64(w.peek(at + 4*uint64(i)))
		switch {
		case inside && (i < 7 || i > 12 || name == "orig_eax"):
			continue
		case name == "eflags" && inside:
			v &= x86.TF | x86.IF
		case i == 7 || i == 8 || i == 11 || i == 14 && cs&3 != 0:
			v &= 0xffff // a selector's upper half is nothing's
		}
		fmt.Fprintf(&b, " %s=%s", name, w.value(v))
	}
	return b.String()
}

// value is a word with addresses that differ between the sides named.
func (s *side) value(v uint64) string {
	l := s.k.Layout
	pool, table := s.k.Symbol("kprobe_pool"), s.k.Symbol("kprobe_table")
	if i, ok := s.taken.find(s, v); ok {
		return fmt.Sprintf("active%d+%d", i, v-s.taken.place(s, i))
	}
	if i, ok := s.probeAt(v); ok {
		return fmt.Sprintf("p%d", i)
	}
	switch {
	case v >= pool && v < pool+maxProbes*s.size:
		return fmt.Sprintf("p%d+%d", (v-pool)/s.size, (v-pool)%s.size)
	case v >= table && v < table+64*s.head():
		return fmt.Sprintf("bucket%d+%d", (v-table)/s.head(), (v-table)%s.head())
	case s.kernelText(v):
		return "text"
	case v >= l.Stacks && v < l.StackTop(len(s.m.CPUs)):
		return "stack"
	}
	return fmt.Sprintf("%#x", v)
}

// event describes what a step did to be seen from outside.
func (w *watch) event(ev *emu.Event, before *emu.Core, inside bool) {
	if ev.Kind == emu.StepInstruction && !inside {
		w.say("runs %s", w.p.place(ev.PC))
	}
	d := ev.Delivery
	if d == nil {
		return
	}
	from := "text"
	if !inside {
		from = w.p.place(ev.PC)
	}
	flags := before.RFLAGS
	if inside = inside || len(w.inner) > 0; inside {
		flags &= x86.TF | x86.IF
	}
	t := d.Trap
	w.say("vector %d, error %#x, cr2 %#x, dr6 %#x, from %s, ring %d, flags %#x, shutdown %q",
		t.Vector, t.ErrCode, t.CR2, t.DR6, from, d.From, flags, d.Shutdown)
	for _, f := range d.Frame {
		v := f.Value
		if f.Name == "eflags" && inside {
			v &= x86.TF | x86.IF
		}
		w.say("  %s %s", f.Name, w.value(v))
	}
}

// state is the words of the patch, the code bytes under the probes, and what
// concerns a vCPU.
func (w *watch) state(cpu int) string {
	return w.variables(w.p) + w.thread(cpu) + fmt.Sprintf(" flags %#x", w.m.CPUs[cpu].RFLAGS&(x86.TF|x86.IF))
}

func (s *side) thread(cpu int) string {
	return fmt.Sprintf(" preempt_count %d need_resched %v", int32(s.k.PreemptCount(s.m.Look(), cpu)), s.k.NeedResched(s.m.Look(), cpu))
}

func (s *side) variables(p *program) string {
	var b strings.Builder
	for _, name := range s.words {
		fmt.Fprintf(&b, " %s=%s", name, s.value(uint64(s.word(name))))
	}
	for i, q := range p.probes {
		if v := s.peekByte(q.at); v == 0xcc || !s.kernelText(q.at) {
			fmt.Fprintf(&b, " [p%d]=%02x", i, v)
		}
	}
	return b.String()
}

// end begins the description of how a run ended.
const end = "end:"

// ended is the state in which a run ends.
func (s *side) ended(p *program, spins bool) []string {
	l := []string{end + s.variables(p) + fmt.Sprintf(" jiffies=%d", s.word("jiffies"))}
	l = append(l, s.table(p)...)
	var data [emu.PageSize - 0x100]byte
	s.m.CPUs[0].Space.Peek(dataAt+0x100, data[:])
	for i := 0; i < len(data); i += 4 {
		if v := data[i : i+4]; !slices.Equal(v, []byte{0, 0, 0, 0}) {
			l = append(l, fmt.Sprintf("  data %#x: %x", 0x100+i, v))
		}
	}
	for i, c := range s.m.CPUs {
		l = append(l, s.endCPU(i, c, spins))
	}
	return l
}

// table is the hash table with the probes in it, and the probes that are not.
func (s *side) table(p *program) []string {
	var l []string
	for i, q := range p.probes {
		at := s.probe(i)
		if s.multi.at != 0 || s.kernelText(q.at) { // such a probe's bucket and opcode are the text's
			continue
		}
		l = append(l, fmt.Sprintf("  p%d: %s %s opcode %02x", i, s.value(uint64(s.peek(at))), s.value(uint64(s.peek(at+4))), s.peekByte(at+kprobeOpcode)))
	}
	for i := range uint64(64) {
		head := s.k.Symbol("kprobe_table") + s.head()*i
		at := uint64(s.peek(head))
		line := fmt.Sprintf("  bucket %d:", i)
		for n := 0; n < maxProbes && at != 0 && at != head && !s.kernelText(uint64(s.peek(at+kprobeAddr))); n++ {
			line += fmt.Sprintf(" %s opcode %02x", s.value(at), s.peekByte(at+kprobeOpcode)) + s.linked(at)
			at = uint64(s.peek(at))
		}
		if at != uint64(s.peek(head)) {
			l = append(l, line)
		}
	}
	return l
}

// head is the size of a bucket: of an hlist_head in 2005, of a list_head before.
func (s *side) head() uint64 {
	if s.multi.at != 0 {
		return 4
	}
	return 8
}

// linked is the multiprobes of the active probe whose struct kprobe is at at.
func (s *side) linked(at uint64) string {
	i, ok := s.taken.find(s, at)
	if !ok {
		return ""
	}
	out := " ("
	v := uint64(s.peek(s.taken.place(s, i)))
	for n := 0; n < maxProbes && v != 0; n++ {
		i, ok := s.multi.find(s, v)
		if !ok { // a list that leads nowhere
			return out + fmt.Sprintf(" %#x )", v)
		}
		out += fmt.Sprint(" p", i)
		v = uint64(s.peek(v))
	}
	return out + " )"
}

// endCPU is the end of a vCPU. What kernel text left in registers is left out.
func (s *side) endCPU(i int, c *emu.CPU, spins bool) string {
	why, _, _ := strings.Cut(c.Shutdown, " at ")
	t := &s.k.Tasks[i]
	out := fmt.Sprintf("  cpu%d: %s, ring %d, signals %#x, dr6 %#x, dr7 %#x", i, why, c.CPL, t.Got, c.Sys.DR[6], c.Sys.DR[7])
	if c.Shutdown != "" || !spins { // who spins has counted or not
		out += s.thread(i)
	}
	switch in := s.k.Name(c.RIP); {
	case c.Shutdown != traps.TaskDone:
	case strings.HasPrefix(in, "task_exit"): // a return from the program
		for r := range x86.I386.Regs() {
			out += " " + s.value(c.GPR[r])
		}
		out += fmt.Sprintf(" flags %#x", c.RFLAGS)
	default: // the system call of one in ring 3: its frame has them
		for at := range uint64(15) {
			out += " " + s.value(uint64(s.peek(c.GPR[x86.RSI]+4*at)))
		}
	}
	return out
}
