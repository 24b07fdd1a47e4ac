/** The door of generated plugin files: bases of plugin-hosted services, stubs of daemon-hosted ones. */
export { type CallOptions, type HandlerContext, ServiceClient, type ServiceImplementation } from "../../rpc/service.js";
