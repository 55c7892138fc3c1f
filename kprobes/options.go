package kprobes

import (
	"fmt"
	"slices"
	"strings"
)

// options are variants of an engine, written behind its name: "2002+preempt-enable".
type options struct {
	preemptEnable bool
	boost         bool
	int3          bool
}

// option is one variant: the engine that knows it, and how it is chosen.
type option struct {
	engine string
	choose func(*options)
}

// optionOf is the options by name.
var optionOf = map[string]option{
	// unlock_kprobes uses plain preempt_enable, which may schedule inside the
	// trap: what the mail with the 2002 patch warns of (K0).
	"preempt-enable": {Engine2002, func(o *options) { o.preemptEnable = true }},
	// Copies that need no fix-up run without a trap at their end (O5).
	"boost": {EngineModern, func(o *options) { o.boost = true }},
	// The step ends in an int3 behind the copy instead of TF, and branches,
	// calls and flag instructions are emulated, as from 5.13 on (O5).
	"int3": {EngineModern, func(o *options) { o.int3 = true }},
}

// Engines lists the engines that Boot knows.
func Engines() []string { return []string{EngineNone, Engine2002, Engine2005, EngineModern} }

// EngineOptions lists the options of each engine, as "ENGINE+OPTION".
func EngineOptions() []string {
	var l []string
	for name, o := range optionOf {
		l = append(l, o.engine+"+"+name)
	}
	slices.Sort(l)
	return l
}

// CheckEngine reports whether Boot knows an engine's name with its options.
func CheckEngine(engine string) error {
	_, _, err := parseEngine(engine)
	return err
}

// parseEngine splits "NAME+OPTION+...".
func parseEngine(s string) (string, options, error) {
	name, rest, _ := strings.Cut(s, "+")
	var o options
	if !slices.Contains(Engines(), name) {
		return "", o, fmt.Errorf("engine %q: expected one of %s", name, strings.Join(Engines(), ", "))
	}
	if rest == "" && strings.Contains(s, "+") {
		return "", o, fmt.Errorf("engine %q: expected an option behind +: one of %s", s, strings.Join(EngineOptions(), ", "))
	}
	for _, opt := range strings.FieldsFunc(rest, func(r rune) bool { return r == '+' }) {
		variant, ok := optionOf[opt]
		if !ok || variant.engine != name {
			return "", o, fmt.Errorf("engine %s has no option %q: expected one of %s", name, opt, strings.Join(EngineOptions(), ", "))
		}
		variant.choose(&o)
	}
	return name, o, nil
}
