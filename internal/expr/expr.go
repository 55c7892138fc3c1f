// Package expr is the expression language of scenario files: what a condition, an address or a fetched value
// is written in. Parsing is pure; evaluating asks an Env.
//
//	expr    = and { "||" and }
//	and     = cmp { "&&" cmp }
//	cmp     = bits [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) bits ]
//	bits    = sum { ( "&" | "|" | "^" | "<<" | ">>" ) sum }
//	sum     = product { ( "+" | "-" ) product }
//	product = unary { ( "*" | "/" | "%" ) unary }     "%" only before a blank
//	unary   = ( "!" | "-" | "~" ) unary | atom
//	atom    = NUMBER | "'" CHAR "'" | register | memory | call | SYMBOL | "(" expr ")"
//	register = "%" NAME [ "@" CPU ]                   %eax, %eip, %eflags, %IF (one flag), %eax@1 (of cpu 1)
//	memory  = ( "u8" | "u16" | "u32" | "u64" | "word" ) "[" expr "]"
//	call    = FUNCTION "(" NAME ")"                   hits(probe), held(lock), halted(0)
//
// Numbers are decimal or 0x hexadecimal; values are 64 bits, unsigned, and wrap. Comparisons and logic give 0
// or 1. Operators of one level group from the left.
package expr

import (
	"fmt"
	"strconv"
)

// MaxLength bounds the text of one expression, in bytes; MaxDepth its nesting.
const (
	MaxLength = 1024
	MaxDepth  = 64
)

// ThisCPU stands for the vCPU that the expression is about.
const ThisCPU = -1

// Node is one piece of a parsed expression.
type Node interface {
	// Pos is the byte offset in the text, from 0.
	Pos() int
	// String prints the node so that it parses to the same tree.
	String() string
}

type pos int

func (p pos) Pos() int { return int(p) }

// Number is a literal; Text is how it was written.
type Number struct {
	pos
	Value uint64
	Text  string
}

// Register is a register or a single flag of a vCPU.
type Register struct {
	pos
	Name string // without "%"
	CPU  int    // or ThisCPU
}

// Symbol is a name of an address.
type Symbol struct {
	pos
	Name string
}

// Memory reads Size bytes, little endian, at Addr; Size 0 is the machine's word.
type Memory struct {
	pos
	Size int
	Addr Node
}

// Call asks about a probe, a lock or a vCPU by name.
type Call struct {
	pos
	Func, Arg string
}

// Unary applies "!", "-" or "~".
type Unary struct {
	pos
	Op string
	X  Node
}

// Binary applies an operator to two operands.
type Binary struct {
	pos
	Op   string
	X, Y Node
}

func (n *Number) String() string { return n.Text }
func (n *Symbol) String() string { return n.Name }
func (n *Call) String() string   { return n.Func + "(" + n.Arg + ")" }
func (n *Unary) String() string  { return n.Op + operand(n.X) }
func (n *Binary) String() string { return operand(n.X) + " " + n.Op + " " + operand(n.Y) }

func (n *Register) String() string {
	if n.CPU == ThisCPU {
		return "%" + n.Name
	}
	return "%" + n.Name + "@" + strconv.Itoa(n.CPU)
}

func (n *Memory) String() string {
	if n.Size == 0 {
		return "word[" + n.Addr.String() + "]"
	}
	return fmt.Sprintf("u%d[%s]", 8*n.Size, n.Addr)
}

// operand puts what is made of several operands into parentheses.
func operand(n Node) string {
	if _, ok := n.(*Binary); ok {
		return "(" + n.String() + ")"
	}
	return n.String()
}

// Walk calls visit for n and everything below it.
func Walk(n Node, visit func(Node)) {
	visit(n)
	switch n := n.(type) {
	case *Memory:
		Walk(n.Addr, visit)
	case *Unary:
		Walk(n.X, visit)
	case *Binary:
		Walk(n.X, visit)
		Walk(n.Y, visit)
	}
}

// Error is a flaw of an expression. Offset counts bytes from the start of its
// text.
type Error struct {
	Offset int
	Msg    string // what is wrong
	Want   string // what was expected, or ""
}

func (e *Error) Error() string {
	if e.Want == "" {
		return e.Msg
	}
	return e.Msg + "; expected " + e.Want
}

func errorAt(at int, want, format string, args ...any) *Error {
	return &Error{at, fmt.Sprintf(format, args...), want}
}
