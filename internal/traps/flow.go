package traps

import (
	"fmt"
	"strconv"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// A flow is the control flow of the trap path for direct mode, written beside
// the assembly that it stands for. One statement a line:
//
//	LABEL:
//	do NAME                  one micro-step (one step of the vCPU)
//	call LABEL | return      rbx is kept over a call, as a callee keeps it
//	goto LABEL
//	if COND LABEL | ifnot COND LABEL
//	rax = N | ip | ip - 1 | error_code
//	rbx = N | rax | regs | dr6 | cr2
//	handler pre|pre?|post|fault
//	                         call through struct kprobe; pre (not pre?) even if NULL
//	text NAME [N]            call NAME(rbx, regs, N) of the kernel's text
//	sti if IF | sti | cli | clts | flags &= ~TF
//	dr6 = 0 | dr7 = 0 | save dr7 | restore dr7
//	sync_regs                the frame moves to the end of the thread's stack
//	iret                     registers from the frame, and return
//
// Before a statement [NAME ...] may say for which kernels it is there: see Traits.
//
// COND is: rax | rax & N | rbx & N | user | IF | TF | VM (of the frame).
type flow struct {
	code   []statement
	labels map[string]int
}

type statement struct {
	kind   stmtKind
	do     func(c *emu.CPU, f *directFrame, regs PtRegs) // of stPlain
	holds  func(c *emu.CPU, regs PtRegs) bool            // of stIf
	not    bool                                          // the condition is negated; a handler pointer is checked for NULL
	target int
	label  string
	n      uint64
	op     Op
	in     string // function: the last label that is called
	// Of a micro-step, the words of the line of C that it stands for, and what
	// that line means beside its effect.
	row, why string
	seen     Seen
}

type stmtKind uint8

const (
	stDo stmtKind = iota
	stCall
	stReturn
	stGoto
	stIf
	stHandler
	stText
	stPlain // a change to registers
	stSyncRegs
	stIret
)

// Handler pointers of struct kprobe, in the order of statement.n.
const (
	handlerPre = iota
	handlerPost
	handlerFault
)

// compileFlow parses the sources, the kernel's first, for a kernel of these traits
// that does some micro-steps instead of others.
func compileFlow(traits Traits, ops map[string]Op, instead map[string]string, sources ...string) (*flow, error) {
	f := &flow{labels: map[string]int{}}
	called := map[string]bool{}
	for _, src := range sources {
		for n, line := range strings.Split(src, "\n") {
			line, _, _ = strings.Cut(line, "#")
			line, in, err := included(line, traits)
			if err != nil {
				return nil, fmt.Errorf("flow line %d: %w", n+1, err)
			}
			if !in {
				continue
			}
			if label, ok := strings.CutSuffix(line, ":"); ok {
				f.labels[label] = len(f.code)
				continue
			}
			words := strings.Fields(line)
			if other := instead[words[len(words)-1]]; other != "" && words[0] == "do" {
				words[len(words)-1] = other
			}
			s, err := parseStatement(words, ops)
			if err != nil {
				return nil, fmt.Errorf("flow line %d: %w", n+1, err)
			}
			if s.kind == stCall {
				called[s.label] = true
			}
			f.code = append(f.code, s)
		}
	}
	return f, f.link(called)
}

// included strips a line's condition, [NAME ...] or [!NAME ...] of which all must
// hold, and says whether the line counts.
func included(line string, traits Traits) (string, bool, error) {
	line = strings.TrimSpace(line)
	cond, rest, conditional := strings.Cut(strings.TrimPrefix(line, "["), "]")
	if !strings.HasPrefix(line, "[") || !conditional {
		return line, line != "", nil
	}
	in := true
	for _, name := range strings.Fields(cond) {
		name, not := strings.CutPrefix(name, "!")
		if !allTraits.Has(Trait(name)) {
			return "", false, fmt.Errorf("no condition %q", name)
		}
		in = in && traits.Has(Trait(name)) != not
	}
	rest = strings.TrimSpace(rest)
	return rest, in && rest != "", nil
}

// link resolves labels and names the function of every statement.
func (f *flow) link(called map[string]bool) error {
	starts := map[int]string{}
	for l, at := range f.labels {
		if called[l] || entryFlows[l] {
			starts[at] = l
		}
	}
	in := ""
	for i := range f.code {
		s := &f.code[i]
		if l := starts[i]; l != "" {
			in = l
		}
		s.in = in
		if s.label == "" || s.kind == stDo || s.kind == stText {
			continue
		}
		at, ok := f.labels[s.label]
		if !ok {
			return fmt.Errorf("flow: no label %q", s.label)
		}
		s.target = at
	}
	return nil
}

// entryFlows are the labels that vectors enter by.
var entryFlows = map[string]bool{"int3": true, "debug": true, "trap": true, "stack_segment": true, "general_protection": true,
	"page_fault": true, "device_not_available": true, "ret_from_exception": true}

func parseStatement(w []string, ops map[string]Op) (statement, error) {
	text := strings.Join(w, " ")
	if do := plain[text]; do != nil {
		return statement{kind: stPlain, do: do}, nil
	}
	if kind, ok := map[string]stmtKind{"return": stReturn, "sync_regs": stSyncRegs, "iret": stIret}[text]; ok {
		return statement{kind: kind}, nil
	}
	switch {
	case len(w) == 2 && w[0] == "do":
		op := ops[w[1]]
		if op == nil {
			return statement{}, fmt.Errorf("no micro-step %q", w[1])
		}
		return statement{kind: stDo, label: w[1], op: op}, nil
	case len(w) == 2 && w[0] == "call":
		return statement{kind: stCall, label: w[1]}, nil
	case len(w) == 2 && w[0] == "goto":
		return statement{kind: stGoto, label: w[1]}, nil
	case len(w) >= 2 && len(w) <= 3 && w[0] == "text":
		s := statement{kind: stText, label: w[1]}
		var err error
		if len(w) == 3 {
			s.n, err = strconv.ParseUint(w[2], 0, 64)
		}
		return s, err
	case len(w) == 2 && w[0] == "handler":
		name, checked := strings.CutSuffix(w[1], "?")
		n, ok := map[string]uint64{"pre": handlerPre, "post": handlerPost, "fault": handlerFault}[name]
		if ok {
			return statement{kind: stHandler, n: n, not: checked || n != handlerPre, op: ops[name+"_handler_action"]}, nil
		}
	case len(w) >= 3 && (w[0] == "if" || w[0] == "ifnot"):
		return parseCond(w)
	case len(w) == 3 && w[1] == "=" && registers[w[0]] != 0:
		n, err := strconv.ParseUint(w[2], 0, 64)
		r := registers[w[0]] - 1
		return statement{kind: stPlain, do: func(c *emu.CPU, _ *directFrame, _ PtRegs) { c.SetReg(r, n) }}, err
	}
	return statement{}, fmt.Errorf("unknown statement %q", text)
}

// registers are those that statements name, plus one.
var registers = map[string]x86.Reg{"rax": x86.RAX + 1, "rbx": x86.RBX + 1}

// plain are the statements that change registers and have no argument.
var plain = map[string]func(c *emu.CPU, f *directFrame, regs PtRegs){
	"rax = error_code": func(c *emu.CPU, f *directFrame, _ PtRegs) { c.SetReg(x86.RAX, uint64(f.err)) },
	"rax = ip":         func(c *emu.CPU, _ *directFrame, regs PtRegs) { c.SetReg(x86.RAX, regs.Get(FieldIP)) },
	"rax = ip - 1":     func(c *emu.CPU, _ *directFrame, regs PtRegs) { c.SetReg(x86.RAX, regs.Get(FieldIP)-1) },
	"rbx = rax":        func(c *emu.CPU, _ *directFrame, _ PtRegs) { c.SetReg(x86.RBX, c.GPR[x86.RAX]) },
	"rbx = regs":       func(c *emu.CPU, f *directFrame, _ PtRegs) { c.SetReg(x86.RBX, f.regs) },
	"rbx = dr6":        func(c *emu.CPU, _ *directFrame, _ PtRegs) { c.SetReg(x86.RBX, c.Sys.DR[6]) },
	"rbx = cr2":        func(c *emu.CPU, _ *directFrame, _ PtRegs) { c.SetReg(x86.RBX, c.Sys.CR2) },
	"sti":              func(c *emu.CPU, _ *directFrame, _ PtRegs) { c.RFLAGS |= x86.IF },
	"sti if IF":        func(c *emu.CPU, _ *directFrame, regs PtRegs) { c.RFLAGS |= regs.Get(FieldFlags) & x86.IF },
	"cli":              func(c *emu.CPU, _ *directFrame, _ PtRegs) { c.RFLAGS &^= x86.IF },
	"clts":             func(c *emu.CPU, _ *directFrame, _ PtRegs) { c.Sys.CR0 &^= emu.CR0TS },
	"dr6 = 0":          func(c *emu.CPU, _ *directFrame, _ PtRegs) { c.Sys.DR[6] = emu.DR6Fixed },
	"dr7 = 0":          func(c *emu.CPU, _ *directFrame, _ PtRegs) { c.Sys.DR[7] = emu.DR7Fixed },
	"save dr7":         func(c *emu.CPU, f *directFrame, _ PtRegs) { f.dr7, c.Sys.DR[7] = c.Sys.DR[7], emu.DR7Fixed },
	"restore dr7":      func(c *emu.CPU, f *directFrame, _ PtRegs) { c.Sys.DR[7] = f.dr7 },
	"flags &= ~TF":     func(_ *emu.CPU, _ *directFrame, regs PtRegs) { regs.Set(FieldFlags, regs.Get(FieldFlags)&^x86.TF) },
}

func parseCond(w []string) (statement, error) {
	s := statement{kind: stIf, not: w[0] == "ifnot", label: w[len(w)-1]}
	cond := strings.Join(w[1:len(w)-1], " ")
	if len(w) == 5 && w[2] == "&" && registers[w[1]] != 0 {
		n, err := strconv.ParseUint(w[3], 0, 64)
		r := registers[w[1]] - 1
		s.holds = func(c *emu.CPU, _ PtRegs) bool { return c.GPR[r]&n != 0 }
		return s, err
	}
	if s.holds = conditions[cond]; s.holds == nil {
		return s, fmt.Errorf("unknown condition %q", cond)
	}
	return s, nil
}

// conditions are those of if and ifnot without a number.
var conditions = map[string]func(c *emu.CPU, regs PtRegs) bool{
	"rax":  func(c *emu.CPU, _ PtRegs) bool { return c.GPR[x86.RAX] != 0 },
	"user": func(_ *emu.CPU, regs PtRegs) bool { return regs.User() },
	"IF":   func(_ *emu.CPU, regs PtRegs) bool { return regs.Get(FieldFlags)&x86.IF != 0 },
	"TF":   func(_ *emu.CPU, regs PtRegs) bool { return regs.Get(FieldFlags)&x86.TF != 0 },
	"VM":   func(_ *emu.CPU, regs PtRegs) bool { return regs.Get(FieldFlags)&x86.VM != 0 },
}
