// The plugin `links`: a process of its own that the daemon launches.
import { Code, CrucibleError, type HandlerContext } from "crucible-runtime";
import { serve } from "crucible-runtime/plugin";
import { Kiln } from "../gen/knowledge/v1/kiln_plugin.js";
import type {
  BuildRequest,
  MostLinkedRequest,
  NeighboursRequest,
  OrphansRequest,
  WalkRequest,
} from "../gen/knowledge/v1/links_pb.js";
import {
  type BuildResponseInit,
  LinkGraphPlugin,
  type MostLinkedResponseInit,
  type NeighboursResponseInit,
  type WalkResponseInit,
} from "../gen/knowledge/v1/links_plugin.js";
import type { NoteRefInit } from "../gen/knowledge/v1/note_codec.js";
import { type FoundLink, findLinks } from "./markdown/links.js";
import { Graph, type GraphNode, type NoteName } from "./plugins/link-graph.js";

const defaultLimit = 10;

class Links extends LinkGraphPlugin {
  #graph = new Graph([]);

  async build(_request: BuildRequest, context: HandlerContext): Promise<BuildResponseInit> {
    const notes: { note: NoteName; links: FoundLink[] }[] = [];
    for await (const { id, title, text } of context.client(Kiln).listNotes({})) {
      notes.push({ note: { id, title }, links: findLinks(text) });
    }
    const graph = new Graph(notes);
    this.#graph = graph;
    const nodes = graph.nodes();
    return {
      notes: nodes.length,
      links: nodes.reduce((sum, node) => sum + node.links.size, 0),
      dangling: nodes.reduce((sum, node) => sum + node.dangling.size, 0),
      orphans: graph.orphans().length,
    };
  }

  neighbours({ id }: NeighboursRequest): NeighboursResponseInit {
    const node = this.#graph.get(id);
    if (node === undefined) {
      const message = `the graph has no note ${JSON.stringify(id)}; build it again if the note is new`;
      throw new CrucibleError("NOTE_UNKNOWN", message, { code: Code.NotFound });
    }
    return { links: refs(node.links), backlinks: refs(node.backlinks), dangling: [...node.dangling] };
  }

  mostLinked({ limit }: MostLinkedRequest): MostLinkedResponseInit {
    const most = this.#graph.mostLinked().slice(0, limit || defaultLimit);
    return { notes: most.map(({ note, backlinks }) => ({ note, backlinks: backlinks.size })) };
  }

  async *orphans(_request: OrphansRequest): AsyncGenerator<NoteRefInit> {
    for (const { note } of this.#graph.orphans()) yield note;
  }

  async *walk(steps: AsyncIterable<WalkRequest>): AsyncGenerator<WalkResponseInit> {
    let here: GraphNode | undefined;
    for await (const { id } of steps) {
      const next = here === undefined ? this.#graph.get(id) : wayTo(here, id);
      here = next ?? here;
      yield next === undefined
        ? { outcome: { case: "noWay", value: id } }
        : { outcome: { case: "place", value: { note: next.note, ways: refs(next.links) } } };
    }
  }
}

function wayTo(from: GraphNode, id: string): GraphNode | undefined {
  for (const node of from.links) if (node.note.id === id) return node;
  return undefined;
}

function refs(nodes: ReadonlySet<GraphNode>): NoteName[] {
  return Array.from(nodes, ({ note }) => note);
}

await serve(new Links());
