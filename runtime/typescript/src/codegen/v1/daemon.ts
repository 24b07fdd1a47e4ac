/** The door of generated daemon files: stubs of plugin-hosted services, handler bases of daemon-hosted ones. */
export { type CallOptions, type HandlerContext, ServiceClient, type ServiceImplementation } from "../../rpc/service.js";
