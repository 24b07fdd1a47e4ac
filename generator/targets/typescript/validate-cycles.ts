import type { MessagePlan } from "../../model/checks/check.js";
import type { MessageModel } from "../../model/model.js";

/** The messages whose validators a validator calls. */
function callees(plan: MessagePlan): MessageModel[] {
  return plan.fields
    .flatMap((field) => [field.value, field.items, field.values])
    .flatMap((value) => value?.nested ?? []);
}

/**
 * The circles in which validators call each other: messages that can hold themselves, alone or by way of others. Two
 * messages are in the same circle when each can hold the other.
 *
 * @returns the number of the circle for each message that is in one.
 */
export function findCircles(plans: readonly MessagePlan[]): ReadonlyMap<MessageModel, number> {
  const planOf = new Map(plans.map((plan) => [plan.message, plan]));
  const circles = new Map<MessageModel, number>();
  // Tarjan's algorithm: `low` is the earliest message on the stack that can be reached.
  const order = new Map<MessageModel, number>();
  const stack: MessageModel[] = [];
  const onStack = new Set<MessageModel>();

  const visit = (plan: MessagePlan): number => {
    const { message } = plan;
    const index = order.size;
    order.set(message, index);
    stack.push(message);
    onStack.add(message);
    let low = index;
    for (const callee of callees(plan)) {
      const next = planOf.get(callee);
      if (next === undefined) continue;
      const seen = order.get(callee);
      if (seen === undefined) low = Math.min(low, visit(next));
      else if (onStack.has(callee)) low = Math.min(low, seen);
    }
    if (low === index) {
      const members = stack.splice(stack.indexOf(message));
      for (const member of members) onStack.delete(member);
      if (members.length > 1 || callees(plan).includes(message)) {
        for (const member of members) circles.set(member, index);
      }
    }
    return low;
  };
  for (const plan of plans) {
    if (!order.has(plan.message)) visit(plan);
  }
  return circles;
}
