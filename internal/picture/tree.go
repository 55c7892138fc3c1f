package picture

import (
	"fmt"
	"strings"
)

// Tree is a schedule with the choices that it makes, and what a run comes to
// that chooses otherwise at one of them.
type Tree struct {
	Title string
	Runs  []Branch // of the schedule, in order
	End   string   // what the schedule shows
}

// Branch is a part of the schedule in which one actor goes on, and who could
// have gone on instead at its beginning.
type Branch struct {
	Text      string // such as "cpu0: 11 steps"
	Otherwise []Other
}

// Other is another choice.
type Other struct {
	Text  string // who goes on
	End   string // what that run shows
	Alarm bool   // it violates something too
}

// Print writes the diagram.
func (t *Tree) Print(l Language) string {
	p := &treePrinter{language: l}
	if l == PlantUML {
		fmt.Fprintf(p, "@startuml\ntitle %s\n", plantText(t.Title))
	} else {
		fmt.Fprintf(p, "---\ntitle: %q\n---\nflowchart TD\n", t.Title)
	}
	at := p.node("start", plain)
	for _, r := range t.Runs {
		for _, o := range r.Otherwise {
			shape := plain
			if o.Alarm {
				shape = alarm
			}
			p.edge(at, p.node(o.End, shape), o.Text, true)
		}
		next := p.node("", choice)
		p.edge(at, next, r.Text, false)
		at = next
	}
	p.edge(at, p.node(t.End, alarm), "", false)
	if l == PlantUML {
		p.WriteString("@enduml\n")
	} else {
		p.WriteString("    classDef alarm fill:#ffd7d7,stroke:#b00020,color:#000\n")
	}
	return p.String()
}

type shape uint8

const (
	plain shape = iota
	choice
	alarm
)

// treePrinter numbers nodes as it writes them.
type treePrinter struct {
	strings.Builder
	language Language
	nodes    int
}

func (p *treePrinter) node(text string, s shape) string {
	name := fmt.Sprintf("n%d", p.nodes)
	p.nodes++
	if p.language == PlantUML {
		switch s {
		case choice:
			fmt.Fprintf(p, "circle \" \" as %s\n", name)
		case alarm:
			fmt.Fprintf(p, "rectangle \"%s\" as %s #FFD7D7\n", quoted(text, plantText), name)
		default:
			fmt.Fprintf(p, "rectangle \"%s\" as %s\n", quoted(text, plantText), name)
		}
		return name
	}
	switch s {
	case choice:
		fmt.Fprintf(p, "    %s(( ))\n", name)
	case alarm:
		fmt.Fprintf(p, "    %s[\"%s\"]:::alarm\n", name, quoted(text, mermaidText))
	default:
		fmt.Fprintf(p, "    %s[\"%s\"]\n", name, quoted(text, mermaidText))
	}
	return name
}

// edge draws an arrow, a dotted one for what the schedule does not do.
func (p *treePrinter) edge(from, to, text string, dotted bool) {
	switch {
	case p.language == PlantUML:
		arrow := "-->"
		if dotted {
			arrow = "..>"
		}
		if text != "" {
			text = " : " + plantText(text)
		}
		fmt.Fprintf(p, "%s %s %s%s\n", from, arrow, to, text)
	case text == "":
		fmt.Fprintf(p, "    %s --> %s\n", from, to)
	case dotted:
		fmt.Fprintf(p, "    %s -. \"%s\" .-> %s\n", from, quoted(text, mermaidText), to)
	default:
		fmt.Fprintf(p, "    %s -- \"%s\" --> %s\n", from, quoted(text, mermaidText), to)
	}
}

// quoted escapes a text that stands between double quotes.
func quoted(s string, escape func(string) string) string {
	return escape(strings.ReplaceAll(s, `"`, "'"))
}
