// Package picture prints what happened between several vCPUs as the source of
// a diagram: Mermaid's, which issue trackers draw, or PlantUML's. It knows no
// machine; package scenarios fills its values from a run.
package picture

import (
	"fmt"
	"strings"
)

// Language is what a diagram is written in.
type Language string

// The languages.
const (
	Mermaid  Language = "mermaid"
	PlantUML Language = "plantuml"
)

// Languages lists them.
func Languages() []Language { return []Language{Mermaid, PlantUML} }

// Sequence is a run as a sequence diagram: a column for each actor, and from
// top to bottom what each did and what it saw of another.
type Sequence struct {
	Title  string
	Actors []string // names of letters and digits, left to right
	Items  []Item
}

// Item is one line of a Sequence.
type Item struct {
	From, To int // columns; a note of one actor where they are equal
	Text     string
	Alarm    bool // what went wrong
}

// Print writes the diagram.
func (s *Sequence) Print(l Language) string {
	if l == PlantUML {
		return s.plantUML()
	}
	return s.mermaid()
}

func (s *Sequence) mermaid() string {
	var b strings.Builder
	b.WriteString("sequenceDiagram\n")
	fmt.Fprintf(&b, "    title %s\n", mermaidText(s.Title))
	for _, a := range s.Actors {
		fmt.Fprintf(&b, "    participant %s\n", a)
	}
	for _, x := range s.Items {
		text := mermaidText(x.Text)
		if x.Alarm {
			b.WriteString("    rect rgb(255, 215, 215)\n    ")
		}
		if x.From == x.To {
			fmt.Fprintf(&b, "    Note over %s: %s\n", s.Actors[x.From], text)
		} else {
			fmt.Fprintf(&b, "    %s->>%s: %s\n", s.Actors[x.From], s.Actors[x.To], text)
		}
		if x.Alarm {
			b.WriteString("    end\n")
		}
	}
	return b.String()
}

// mermaidText escapes what Mermaid takes for its own: it has entities between
// # and ;.
func mermaidText(s string) string {
	return strings.NewReplacer("#", "#35;", ";", "#59;", "<", "#lt;", ">", "#gt;", "\n", "<br/>").Replace(s)
}

func (s *Sequence) plantUML() string {
	var b strings.Builder
	b.WriteString("@startuml\n")
	fmt.Fprintf(&b, "title %s\n", plantText(s.Title))
	for _, a := range s.Actors {
		fmt.Fprintf(&b, "participant %s\n", a)
	}
	for _, x := range s.Items {
		text := plantText(x.Text)
		switch {
		case x.From != x.To:
			fmt.Fprintf(&b, "%s -> %s : %s\n", s.Actors[x.From], s.Actors[x.To], text)
		case x.Alarm:
			fmt.Fprintf(&b, "rnote over %s #FFD7D7 : %s\n", s.Actors[x.From], text)
		default:
			fmt.Fprintf(&b, "rnote over %s : %s\n", s.Actors[x.From], text)
		}
	}
	b.WriteString("@enduml\n")
	return b.String()
}

// plantText escapes what PlantUML takes for markup: ~ keeps what follows from
// being any.
func plantText(s string) string {
	return strings.NewReplacer("\n", `\n`, "~", "~~", `\`, `~\`, "**", "~**", "__", "~__", "--", "~--", "//", "~//", `""`, `~""`, "<", "~<").Replace(s)
}
