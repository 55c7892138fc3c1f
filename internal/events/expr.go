package events

import "fmt"

// ExprKind is the form of a fetch argument's body.
type ExprKind uint8

const (
	Register        ExprKind = iota // %REG
	StackPointer                    // $stack
	StackEntry                      // $stackN
	ReturnValue                     // $retval
	Comm                            // $comm
	Argument                        // $argN
	Immediate                       // \IMM
	ImmediateString                 // \"STRING"
	MemoryAddress                   // @ADDR
	MemorySymbol                    // @KSYM[+|-OFFS]
	MemoryFile                      // @+FILEOFFS
	Dereference                     // +|-[u]OFFS(BODY)
)

var exprNames = [...]string{
	"register", "stack pointer", "stack entry", "return value", "comm", "argument",
	"immediate", "immediate string", "memory address", "memory symbol", "memory file offset", "dereference",
}

// String names the form.
func (k ExprKind) String() string { return exprNames[k] }

// Expr is the body of a fetch argument, a tree of dereferences down to a
// place that needs none.
type Expr struct {
	Kind ExprKind
	Reg  Reg // Register
	// Index counts words up from the stack pointer (StackEntry, from 0) or
	// arguments (Argument, from 1).
	Index uint32
	// Value is the immediate, the address, or the file offset in bytes.
	Value uint64
	// Text is the immediate string, or the symbol with its offset as written.
	Text string
	// Offset is a Dereference's displacement in bytes. The kernel keeps 32
	// bits of it.
	Offset int32
	User   bool  // Dereference: the 'u' form, user memory
	Inner  *Expr // Dereference: where the address comes from
}

// loads tells whether the last thing the expression does is to read memory
// in the probe's own address space.
func (e *Expr) loads() bool {
	switch e.Kind {
	case MemoryAddress, MemorySymbol, MemoryFile:
		return true
	case Dereference:
		return !e.User
	}
	return false
}

// loadsUser is loads for the 'u' form.
func (e *Expr) loadsUser() bool { return e.Kind == Dereference && e.User }

// Base is the innermost expression, the one that is no dereference.
func (e *Expr) Base() *Expr {
	for e.Kind == Dereference {
		e = e.Inner
	}
	return e
}

// String writes the expression so that it parses to the same tree.
func (e *Expr) String() string {
	switch e.Kind {
	case Register:
		return "%" + e.Reg.String()
	case StackPointer:
		return "$stack"
	case StackEntry:
		return fmt.Sprintf("$stack%d", e.Index)
	case ReturnValue:
		return "$retval"
	case Comm:
		return "$comm"
	case Argument:
		return fmt.Sprintf("$arg%d", e.Index)
	case Immediate:
		return fmt.Sprintf(`\%#x`, e.Value)
	case ImmediateString:
		return `\"` + e.Text + `"`
	case MemoryAddress:
		return fmt.Sprintf("@%#x", e.Value)
	case MemorySymbol:
		return "@" + e.Text
	case MemoryFile:
		return fmt.Sprintf("@+%d", int64(e.Value))
	}
	sign, user, offset := "+", "", int64(e.Offset)
	if offset < 0 {
		sign, offset = "-", -offset
	}
	if e.User {
		user = "u"
	}
	return fmt.Sprintf("%s%s%d(%s)", sign, user, offset, e.Inner)
}
