package expr

// Env answers what an expression asks of a machine. An *Error that it returns
// keeps what was expected; its offset is set by Eval.
type Env interface {
	Register(cpu int, name string) (uint64, error)
	Symbol(name string) (uint64, error)
	// Memory reads size bytes (0: the machine's word) at a linear address.
	Memory(addr uint64, size int) (uint64, error)
	Call(function, arg string) (uint64, error)
}

// Eval computes n. What env refuses becomes an *Error at its place.
func Eval(n Node, env Env) (uint64, error) {
	switch n := n.(type) {
	case *Number:
		return n.Value, nil
	case *Register:
		return ask(n)(env.Register(n.CPU, n.Name))
	case *Symbol:
		return ask(n)(env.Symbol(n.Name))
	case *Call:
		return ask(n)(env.Call(n.Func, n.Arg))
	case *Memory:
		addr, err := Eval(n.Addr, env)
		if err != nil {
			return 0, err
		}
		return ask(n)(env.Memory(addr, n.Size))
	case *Unary:
		x, err := Eval(n.X, env)
		return unary(n.Op, x), err
	case *Binary:
		return evalBinary(n, env)
	}
	panic("expr: unknown node")
}

// ask gives an answer's error the place of n.
func ask(n Node) func(uint64, error) (uint64, error) {
	return func(v uint64, err error) (uint64, error) {
		if e, ok := err.(*Error); ok {
			return 0, &Error{n.Pos(), e.Msg, e.Want}
		}
		if err != nil {
			return 0, &Error{Offset: n.Pos(), Msg: err.Error()}
		}
		return v, nil
	}
}

func unary(op string, x uint64) uint64 {
	switch op {
	case "!":
		return truth(x == 0)
	case "-":
		return -x
	}
	return ^x
}

func evalBinary(n *Binary, env Env) (uint64, error) {
	x, err := Eval(n.X, env)
	if err != nil {
		return 0, err
	}
	switch {
	case n.Op == "&&" && x == 0:
		return 0, nil
	case n.Op == "||" && x != 0:
		return 1, nil
	}
	y, err := Eval(n.Y, env)
	if err != nil {
		return 0, err
	}
	if y == 0 && (n.Op == "/" || n.Op == "%") {
		return 0, errorAt(n.Pos(), "a divisor other than 0", "division by zero")
	}
	return binary(n.Op, x, y), nil
}

func binary(op string, x, y uint64) uint64 {
	switch op {
	case "||", "&&":
		return truth(y != 0)
	case "==":
		return truth(x == y)
	case "!=":
		return truth(x != y)
	case "<":
		return truth(x < y)
	case "<=":
		return truth(x <= y)
	case ">":
		return truth(x > y)
	case ">=":
		return truth(x >= y)
	case "&":
		return x & y
	case "|":
		return x | y
	case "^":
		return x ^ y
	case "<<":
		return x << y
	case ">>":
		return x >> y
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "/":
		return x / y
	}
	return x % y
}

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
